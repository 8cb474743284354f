package io.holdfast.data;

import java.util.List;

/**
 * What a data set holds.
 *
 * @param name short name for reports, such as {@code fashion-mnist/train}
 * @param shape shape of one sample, {@code [C, H, W]} for images
 * @param classes class names; a label is an index into this list
 * @param licence SPDX identifier or sentence; empty where unknown
 */
public record DatasetInfo(String name, List<Integer> shape, List<String> classes, String licence) {

  public DatasetInfo {
    shape = List.copyOf(shape);
    classes = List.copyOf(classes);
    if (shape.isEmpty() || shape.stream().anyMatch(d -> d < 1)) {
      throw new IllegalArgumentException("a sample shape has positive dimensions, found " + shape);
    }
    if (classes.isEmpty()) {
      throw new IllegalArgumentException("a data set has at least one class");
    }
  }

  /** Number of values in one sample: the product of {@link #shape()}. */
  public int sampleSize() {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  /** The sample shape as an array, a fresh copy. */
  public long[] shapeArray() {
    return shape.stream().mapToLong(Integer::longValue).toArray();
  }

  /** Number of classes. */
  public int classCount() {
    return classes.size();
  }

  /** The same data under another name. */
  public DatasetInfo named(String newName) {
    return new DatasetInfo(newName, shape, classes, licence);
  }
}
