package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code exp(x) / sum(exp(x))} along one dimension.
 *
 * @param dim of one sample, counted from the end where negative
 */
public record Softmax(int dim) implements Layer {
  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right = Checks.floating(x, problems) && Checks.dimension(dim, x, problems);
    return right ? x : null;
  }
}
