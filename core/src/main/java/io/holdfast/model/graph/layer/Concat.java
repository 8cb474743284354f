package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two or more inputs joined along one dimension; they agree in all others and in type.
 *
 * @param dim of one sample, counted from the end where negative
 */
public record Concat(int dim) implements Merging {
  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType first = inputs.get(0);
    if (!Checks.dimension(dim, first, problems)) {
      return null;
    }
    boolean right = true;
    long total = 0;
    for (TensorType x : inputs) {
      boolean fits =
          x.dtype() == first.dtype()
              && x.shape().rank() == first.shape().rank()
              && x.shape().with(dim, 1).equals(first.shape().with(dim, 1));
      right &= Checks.input(fits, first + " but for dimension " + dim, x, problems);
      total += fits ? x.shape().size(dim) : 0;
    }
    return right ? first.reshaped(first.shape().with(dim, total)) : null;
  }
}
