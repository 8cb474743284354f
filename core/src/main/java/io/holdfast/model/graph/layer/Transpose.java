package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Two dimensions of each sample swapped; counted from the end where negative. */
public record Transpose(int first, int second) implements Layer {
  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.dimension(first, x, problems) || !Checks.dimension(second, x, problems)) {
      return null;
    }
    Shape s = x.shape();
    return x.reshaped(s.with(first, s.size(second)).with(second, s.size(first)));
  }
}
