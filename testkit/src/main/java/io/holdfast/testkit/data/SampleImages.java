package io.holdfast.testkit.data;

import io.holdfast.common.Seed;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;

/**
 * Random images with labels, and writers of every format that the readers know; written from the
 * formats' definitions, apart from the readers.
 */
public final class SampleImages {
  private final int count;
  private final int channels;
  private final int height;
  private final int width;
  private final byte[] pixels;
  private final int[] labels;

  private SampleImages(int count, int channels, int height, int width, Seed seed) {
    this.count = count;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.pixels = new byte[count * channels * height * width];
    seed.generator().nextBytes(pixels);
    this.labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
    }
  }

  /** Random pixels and labels 0, 1, 2, 0, ... */
  public static SampleImages random(int count, int channels, int height, int width, Seed seed) {
    return new SampleImages(count, channels, height, width, seed);
  }

  public int count() {
    return count;
  }

  public int label(int index) {
    return labels[index];
  }

  /** Pixels of one image {@code [C, H, W]} as value/255. */
  public float[] image(int index) {
    int size = channels * height * width;
    float[] image = new float[size];
    for (int i = 0; i < size; i++) {
      image[i] = (pixels[index * size + i] & 0xff) / 255f;
    }
    return image;
  }

  /** IDX of rank 3 for grey images. */
  public byte[] idxImages() {
    ByteBuffer out = ByteBuffer.allocate(16 + pixels.length);
    out.putInt(0x00000803).putInt(count).putInt(height).putInt(width).put(pixels);
    return out.array();
  }

  public byte[] idxLabels() {
    ByteBuffer out = ByteBuffer.allocate(8 + count).putInt(0x00000801).putInt(count);
    for (int label : labels) {
      out.put((byte) label);
    }
    return out.array();
  }

  /** {@code [N, C, H, W]} uint8. */
  public byte[] npyImages() {
    return npy("|u1", "(" + count + ", " + channels + ", " + height + ", " + width + ")", pixels);
  }

  /** {@code [N, H, W, C]} float32 in [0, 1]. */
  public byte[] npyFloatImagesChannelsLast() {
    ByteBuffer out = ByteBuffer.allocate(4 * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
    int plane = height * width;
    for (int n = 0; n < count; n++) {
      float[] image = image(n);
      for (int i = 0; i < plane; i++) {
        for (int c = 0; c < channels; c++) {
          out.putFloat(image[c * plane + i]);
        }
      }
    }
    String shape = "(" + count + ", " + height + ", " + width + ", " + channels + ")";
    return npy("<f4", shape, out.array());
  }

  public byte[] npyLabels() {
    return npy("<i8", "(" + count + ",)", longLabels());
  }

  private byte[] longLabels() {
    ByteBuffer out = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int label : labels) {
      out.putLong(label);
    }
    return out.array();
  }

  private static byte[] npy(String descr, String shape, byte[] values) {
    String dictionary =
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    StringBuilder header = new StringBuilder(dictionary);
    while ((10 + header.length() + 1) % 64 != 0) {
      header.append(' ');
    }
    byte[] text = header.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
    ByteBuffer out = ByteBuffer.allocate(10 + text.length + values.length);
    out.order(ByteOrder.LITTLE_ENDIAN).put((byte) 0x93);
    out.put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0);
    return out.putShort((short) text.length).put(text).put(values).array();
  }

  /** {@code x} and {@code y}, deflated. */
  public byte[] npz() {
    return zipped(
        out -> {
          entry(out, "x.npy", npyImages());
          entry(out, "y.npy", npyLabels());
        });
  }

  /**
   * As {@link #npz()}, with more arrays {@code [n]}.
   *
   * @param weights any length
   * @param groups any length
   */
  public byte[] npz(double[] weights, int[] groups) {
    ByteBuffer doubles = ByteBuffer.allocate(8 * weights.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(weights).forEach(doubles::putDouble);
    ByteBuffer ints = ByteBuffer.allocate(4 * groups.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(groups).forEach(ints::putInt);
    return zipped(
        out -> {
          entry(out, "x.npy", npyImages());
          entry(out, "y.npy", npyLabels());
          entry(out, "weights.npy", npy("<f8", "(" + weights.length + ",)", doubles.array()));
          entry(out, "groups.npy", npy("<i4", "(" + groups.length + ",)", ints.array()));
        });
  }

  /** {@code images} and {@code labels}. */
  public byte[] safetensors() {
    String shape = "[" + count + "," + channels + "," + height + "," + width + "]";
    int split = 8 * count;
    String header =
        "{\"labels\":{\"dtype\":\"I64\",\"shape\":["
            + count
            + "],\"data_offsets\":[0,"
            + split
            + "]},\"images\":{\"dtype\":\"U8\",\"shape\":"
            + shape
            + ",\"data_offsets\":["
            + split
            + ","
            + (split + pixels.length)
            + "]}}";
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(8 + text.length + split + pixels.length);
    out.order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
    return out.put(longLabels()).put(pixels).array();
  }

  /** Integers with a header; the label comes first. */
  public byte[] csv() {
    int size = channels * height * width;
    StringBuilder out = new StringBuilder("label");
    for (int i = 0; i < size; i++) {
      out.append(",p").append(i);
    }
    for (int n = 0; n < count; n++) {
      out.append('\n').append(labels[n]);
      for (int i = 0; i < size; i++) {
        out.append(',').append(pixels[n * size + i] & 0xff);
      }
    }
    return out.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** {@code class-0/0003.png} and so on, stored. */
  public byte[] imageZip(String format) {
    return zipped(
        out -> {
          for (int i = 0; i < count; i++) {
            entry(out, "class-" + labels[i] + "/" + i + "." + format, encoded(i, format));
          }
        });
  }

  /** One image as PNG or JPEG. */
  public byte[] encoded(int index, String format) {
    int kind = channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
    BufferedImage image = new BufferedImage(width, height, kind);
    int plane = height * width;
    for (int i = 0; i < channels * plane; i++) {
      int value = pixels[index * channels * plane + i] & 0xff;
      image.getRaster().setSample(i % width, i % plane / width, i / plane, value);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no writer of " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Compressed content. */
  public static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The content of a gzip or zip with {@code change} made to it, or to one of a zip's entries. */
  static byte[] changedInside(byte[] packed, RandomGenerator random, UnaryOperator<byte[]> change) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try {
      if (packed[0] == 'P') {
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(packed))) {
          for (ZipEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
            entries.put(e.getName(), in.readAllBytes());
          }
        }
      } else {
        return gzip(
            change.apply(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String victim = List.copyOf(entries.keySet()).get(random.nextInt(entries.size()));
    entries.computeIfPresent(victim, (name, content) -> change.apply(content));
    return zipped(
        out -> {
          for (Map.Entry<String, byte[]> e : entries.entrySet()) {
            entry(out, e.getKey(), e.getValue());
          }
        });
  }

  private interface Entries {
    void write(ZipOutputStream out) throws IOException;
  }

  private static byte[] zipped(Entries entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      entries.write(zip);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void entry(ZipOutputStream out, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    out.putNextEntry(entry);
    out.write(content);
    out.closeEntry();
  }
}
