package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last dimensions of each sample joined into one, in row-major order.
 *
 * @param from first dimension to join, from 0
 */
public record Flatten(int from) implements Layer {
  public Flatten {
    Checks.of("flatten").atLeast("from", 0, from).done();
  }

  /** All dimensions: {@code [F]} for each sample. */
  public Flatten() {
    this(0);
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.dimension(from, x, problems)) {
      return null;
    }
    long[] shape = Arrays.copyOf(x.shape().toArray(), from + 1);
    for (int i = from + 1; i < x.shape().rank(); i++) {
      shape[from] = Math.multiplyExact(shape[from], x.shape().size(i));
    }
    return x.reshaped(Shape.of(shape));
  }
}
