package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every {@code step}-th entry of one dimension.
 *
 * @param dim of one sample, counted from the end where negative
 * @param from first position, from 0
 * @param to the position to stop before
 */
public record Slice(int dim, int from, int to, int step) implements Layer {
  public Slice {
    Checks.of("slice")
        .atLeast("from", 0, from)
        .require(to > from, "to", "a number above from (" + from + ")", to)
        .atLeast("step", 1, step)
        .done();
  }

  /** All entries from {@code from} to {@code to} (excluded). */
  public static Slice of(int dim, int from, int to) {
    return new Slice(dim, from, to, 1);
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.dimension(dim, x, problems)
        || !Checks.input(
            x.shape().size(dim) >= to,
            "at least " + to + " entries in dimension " + dim,
            x,
            problems)) {
      return null;
    }
    return x.reshaped(x.shape().with(dim, (to - from + step - 1) / step));
  }
}
