package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of images behind {@link Bytes}: converts numbers to [0, 1] and axes to {@code [C, H, W]}
 * sample by sample. Integers are value/255; floats are taken as they are. Safe for many threads.
 */
final class PixelArray {
  /** Largest sample, in values; keeps every size within an int. */
  static final int MOST_VALUES = 1 << 28;

  private static final int SHOWN = 5;
  private static final float[] UNIT = unitTable();

  private final String source;
  private final Bytes bytes;
  private final ElementType type;
  private final Layout layout;
  private final int count;
  private final int channels;
  private final int plane;
  private final int values;

  /**
   * @param source file in messages
   * @param bytes exactly {@code count} samples
   * @param sample {@code [C, H, W]}
   */
  PixelArray(
      String source,
      Bytes bytes,
      ElementType type,
      Layout layout,
      int count,
      List<Integer> sample) {
    this.source = source;
    this.bytes = bytes;
    this.type = type;
    this.layout = layout;
    this.count = count;
    this.values = sampleValues(source, sample);
    this.channels = sample.get(0);
    this.plane = values / channels;
    long expected = Math.multiplyExact((long) count, (long) values * type.width());
    if (bytes.size() != expected) {
      throw new InvalidInputException(
          source,
          "pixels",
          expected + " bytes (" + count + " images of " + sample + ")",
          bytes.size() + " bytes",
          bytes.size() < expected ? "the file is truncated" : null);
    }
  }

  /** Number of values of a sample, refused where zero or beyond {@link #MOST_VALUES}. */
  static int sampleValues(String source, List<Integer> sample) {
    long product = 1;
    for (int dimension : sample) {
      product = product > MOST_VALUES ? product : product * Math.max(0, dimension);
    }
    if (product < 1 || product > MOST_VALUES) {
      throw new InvalidInputException(
          source, "shape", "images of 1 to " + MOST_VALUES + " values", sample.toString());
    }
    return (int) product;
  }

  int count() {
    return count;
  }

  /** Writes sample {@code index} as {@code [C, H, W]} in [0, 1]. */
  void read(int index, float[] into, int offset) {
    int width = type.width();
    byte[] raw = bytes.copy((long) index * values * width, values * width);
    if (layout == Layout.NHWC && channels > 1) {
      for (int c = 0; c < channels; c++) {
        convert(raw, c * width, channels * width, into, offset + c * plane, plane);
      }
    } else {
      convert(raw, 0, width, into, offset, values);
    }
  }

  private void convert(byte[] raw, int from, int step, float[] into, int offset, int n) {
    int at = from;
    if (type == ElementType.UINT8) {
      for (int i = 0; i < n; i++, at += step) {
        into[offset + i] = UNIT[raw[at] & 0xff];
      }
    } else if (type.integer()) {
      for (int i = 0; i < n; i++, at += step) {
        into[offset + i] = UNIT[(int) type.whole(raw, at)];
      }
    } else {
      for (int i = 0; i < n; i++, at += step) {
        into[offset + i] = (float) type.real(raw, at);
      }
    }
  }

  /**
   * Reads everything once: floats must be finite and in [0, 1], integers in [0, 255].
   *
   * @throws InvalidInputException naming the first images with a pixel that is not so
   */
  void checkValues() {
    if (type == ElementType.UINT8) {
      return;
    }
    int width = type.width();
    byte[] raw = new byte[values * width];
    List<Problem> bad = new ArrayList<>();
    int more = 0;
    for (int index = 0; index < count; index++) {
      bytes.read((long) index * raw.length, raw, 0, raw.length);
      for (int i = 0; i < values; i++) {
        double value = type.real(raw, i * width);
        if (!(value >= 0 && value <= (type.integer() ? 255 : 1))) {
          if (bad.size() < SHOWN) {
            bad.add(problem(index, i, value));
          } else {
            more++;
          }
          break; // one pixel of each image
        }
      }
    }
    if (more > 0) {
      Problem last = bad.remove(SHOWN - 1);
      String hint = last.hint() == null ? "" : last.hint() + "; ";
      String others = "and " + more + (more == 1 ? " more such image" : " more such images");
      bad.add(
          new Problem(last.source(), last.field(), last.expected(), last.found(), hint + others));
    }
    if (!bad.isEmpty()) {
      throw new InvalidInputException(bad);
    }
  }

  private Problem problem(int index, int position, double value) {
    String where = "image " + index + ", value " + position;
    String found = type.integer() ? Long.toString((long) value) : Double.toString(value);
    if (type.integer()) {
      return new Problem(source, where, "an integer pixel in [0, 255]", found, null);
    }
    String hint =
        Double.isFinite(value)
            ? "store pixels of 0 to 255 as uint8, or divide them by 255"
            : "remove or repair the image";
    return new Problem(source, where, "a finite pixel in [0, 1]", found, hint);
  }

  private static float[] unitTable() {
    float[] table = new float[256];
    for (int i = 0; i < table.length; i++) {
      table[i] = i / 255f;
    }
    return table;
  }

  /** The value of an 8-bit pixel in [0, 1]. */
  static float unit(byte pixel) {
    return UNIT[pixel & 0xff];
  }
}
