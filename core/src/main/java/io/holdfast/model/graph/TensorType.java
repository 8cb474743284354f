package io.holdfast.model.graph;

import io.holdfast.tensor.DType;
import java.util.Locale;

/**
 * What flows along an edge of a graph.
 *
 * @param dtype the element type; {@link DType#FLOAT32} stands for any floating type
 * @param shape of one sample, without the batch dimension
 */
public record TensorType(DType dtype, Shape shape) {
  /** A floating tensor of this shape for each sample. */
  public static TensorType floats(long... shape) {
    return new TensorType(DType.FLOAT32, Shape.of(shape));
  }

  /** An int64 tensor of this shape for each sample, such as token ids. */
  public static TensorType longs(long... shape) {
    return new TensorType(DType.INT64, Shape.of(shape));
  }

  /** The same element type in another shape. */
  public TensorType reshaped(Shape other) {
    return new TensorType(dtype, other);
  }

  /** Such as {@code float32 [3, 32, 32]}. */
  @Override
  public String toString() {
    return dtype.name().toLowerCase(Locale.ROOT) + " " + shape;
  }
}
