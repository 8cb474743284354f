package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.SamplePlace;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A named array of an array file, row-major.
 *
 * @param source file in messages
 * @param name of the array in messages
 * @param axes dimensions
 * @param bytes exactly the product of the dimensions times the width of the type
 */
record NumberArray(String source, String name, ElementType type, List<Integer> axes, Bytes bytes) {

  NumberArray {
    long expected = byteCount(type, axes);
    if (bytes.size() != expected) {
      throw new InvalidInputException(
          source,
          name,
          expected + " bytes for shape " + axes + " of " + type,
          bytes.size() + " bytes",
          bytes.size() < expected ? "the file is truncated" : "the file is damaged");
    }
  }

  /** Bytes of an array, saturating. */
  static long byteCount(ElementType type, List<Integer> axes) {
    long product = type.width();
    for (int axis : axes) {
      boolean overflows = axis != 0 && product > Long.MAX_VALUE / 2 / axis;
      product = overflows ? Long.MAX_VALUE / 2 : product * axis;
    }
    return product;
  }

  /** Refuses dimensions that do not fit an int or are negative. */
  static int axis(String source, String name, long size) {
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          source, name, "dimensions from 0 to " + Integer.MAX_VALUE, Long.toString(size));
    }
    return (int) size;
  }

  /** Class numbers {@code [N]} or {@code [N, 1]} of an integer type. */
  int[] labels() {
    long[] wide = integers("labels");
    int[] labels = new int[wide.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = Labels.narrow(wide[i], source, name + "[" + i + "]");
    }
    return labels;
  }

  /**
   * The values of an array {@code [N]} or {@code [N, 1]} of an integer type.
   *
   * @param what they are, in messages
   */
  long[] integers(String what) {
    requireColumn(type.integer(), "integer " + what);
    long[] values = new long[axes.get(0)];
    byte[] one = new byte[type.width()];
    for (int i = 0; i < values.length; i++) {
      bytes.read((long) i * one.length, one, 0, one.length);
      values[i] = type.whole(one, 0);
    }
    return values;
  }

  /**
   * The values of an array {@code [N]} or {@code [N, 1]} of any type.
   *
   * @param what they are, in messages
   */
  double[] numbers(String what) {
    requireColumn(true, what);
    double[] values = new double[axes.get(0)];
    byte[] one = new byte[type.width()];
    for (int i = 0; i < values.length; i++) {
      bytes.read((long) i * one.length, one, 0, one.length);
      values[i] = type.real(one, 0);
    }
    return values;
  }

  private void requireColumn(boolean rightType, String what) {
    boolean column = axes.size() == 1 || (axes.size() == 2 && axes.get(1) == 1);
    if (!rightType || !column) {
      String found = "shape " + axes + " of " + type;
      throw new InvalidInputException(source, name, what + " of shape [N]", found);
    }
  }

  /**
   * A data set of this array of images and an array of labels, after checking every value.
   *
   * @param labels null where none are wanted
   */
  static Dataset dataset(
      String title,
      NumberArray images,
      @Nullable NumberArray labels,
      ReadOptions options,
      Function<Stopper, String> hash) {
    String source = images.source();
    Layout layout = Axes.layout(source, images.name(), images.axes(), options.layout());
    List<Integer> sample = layout.sample(images.axes());
    int count = images.axes().get(0);
    int[] numbers = labels == null ? new int[count] : labels.labels();
    NumberArray named = labels == null ? images : labels;
    if (count != numbers.length) {
      String found = count + " images, " + numbers.length + " labels";
      throw new InvalidInputException(source, named.name(), "as many labels as images", found);
    }
    List<String> classes = Labels.classes(options.classes(), numbers);
    IntFunction<SamplePlace> places = i -> SamplePlace.of(named.source(), named.name(), i);
    Labels.check(named.source(), numbers, classes.size(), places, options.use());
    PixelArray pixels =
        new PixelArray(source, images.bytes(), images.type(), layout, count, sample);
    pixels.checkValues();
    DatasetInfo info = new DatasetInfo(title, sample, classes, "");
    return new ArrayDataset(info, pixels, numbers, places, hash);
  }
}
