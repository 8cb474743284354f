package io.holdfast.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * The L0 ball: some components change, each as far as the box lets it; the others keep the clean
 * value, bit for bit. Shapes: N batch, D components.
 */
final class L0Region extends SparseRegion {
  private final long most;

  /**
   * @param most components that may change, at least 0
   */
  L0Region(Tensor clean, long most, Domain domain) {
    super(clean, domain);
    this.most = most;
  }

  /** As many components as may change, each drawn uniformly from the domain. */
  @Override
  public Tensor randomStart(List<Seed> seeds) {
    Tensor start = origin(); // [N, ...]
    try (Scope scope = Scope.open()) {
      Tensor rows = flat(start); // [N, D]
      int width = Math.toIntExact(rows.size(1));
      int count = (int) Math.min(most, width);
      for (int i = 0; i < seeds.size() && count > 0; i++) {
        try (Scope each = Scope.open()) {
          int[] order = seeds.get(i).split("components").permutation(width);
          long[] some = Arrays.stream(order).limit(count).asLongStream().toArray();
          Tensor drawn =
              Rng.of(seeds.get(i).split("values")).uniform(domain.low(), domain.high(), count);
          rows.select(0, i)
              .indexCopyInPlace(
                  0, Tensors.of(some, count).to(rows.device()), drawn.to(rows.device()));
        }
      }
      start.copyFrom(rows.view(start.shape()));
    }
    return start;
  }

  /**
   * The steepest change: the {@code max(1, fraction * most)} components that raise a linear
   * objective most move to the face of the box where their gradient points; of too many changes
   * those that raise it least are undone.
   */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    if (most == 0) {
      project(variables);
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor x = flat(variables); // [N, D]
      Tensor g = flat(gradient); // [N, D]
      Tensor face =
          Tensors.where(g.gt(0), x.mul(0).add(domain.high()), x.mul(0).add(domain.low())); // [N, D]
      Tensor gain = face.sub(x).mul(g); // [N, D], at least 0
      Tensor chosen = largest(gain, Math.max(1, Math.round(fraction * most))); // [N, D]
      Tensor next = Tensors.where(chosen.and(gain.gt(0)), face, x); // [N, D]
      keep(variables, next, next.sub(flat(clean())).to(DType.FLOAT64).mulInPlace(g));
    }
  }

  @Override
  void keep(Tensor variables, Tensor x, Tensor worth) {
    Tensor home = flat(clean()); // [N, D]
    Tensor next = flat(x); // [N, D]
    Tensor changed = next.ne(home); // [N, D]
    Tensor ranked = flat(worth).maskedFill(changed.not(), Double.NEGATIVE_INFINITY); // [N, D]
    Tensor kept = changed.and(largest(ranked, most)); // [N, D]
    variables.copyFrom(Tensors.where(kept, next, home).view(variables.shape()));
  }

  /** {@code [N, ...]} as {@code [N, D]}. */
  private static Tensor flat(Tensor t) {
    return t.reshape(t.size(0), -1);
  }
}
