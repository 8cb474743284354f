package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The elements of each sample, in row-major order, in another shape of the same size.
 *
 * @param shape of one sample
 */
public record Reshape(Shape shape) implements Layer {
  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right = x.shape().count() == shape.count();
    String expected = shape.count() + " elements for " + shape;
    return Checks.input(right, expected, x, problems) ? x.reshaped(shape) : null;
  }
}
