package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * What the regions share in which few values change, each by any amount inside the domain, and the
 * others keep the clean value, bit for bit.
 */
abstract class SparseRegion extends InputRegion {
  final Domain domain;

  SparseRegion(Tensor clean, Domain domain) {
    super(clean);
    this.domain = domain;
  }

  /**
   * Into the box; of too many changes those are kept whose loss would lead furthest away: the
   * squared distance that undoing one adds is {@code (w - c)^2 - (w - x)^2}, with w wanted, c clean
   * and x in the box.
   */
  @Override
  public final void project(Tensor variables) {
    try (Scope scope = Scope.open()) {
      Tensor wanted = variables.to(DType.FLOAT64); // [N, ...]
      Tensor x = variables.clamp(domain.low(), domain.high()); // [N, ...]
      Tensor undone = wanted.sub(clean()).square(); // [N, ...]
      keep(variables, x, undone.subInPlace(wanted.sub(x).square()));
    }
  }

  /**
   * Writes {@code x} where changes may stay together whose worth sums to the most, the clean values
   * elsewhere.
   *
   * @param x inside the box, {@code [N, ...]}
   * @param worth of each value's change, {@code [N, ...]}, float64
   */
  abstract void keep(Tensor variables, Tensor x, Tensor worth);

  /** True at the {@code count} largest values of each row of {@code [N, D]}. */
  static Tensor largest(Tensor values, long count) {
    long some = Math.min(count, values.size(1));
    Tensor mask = Tensors.zerosLike(values); // [N, D]
    if (some > 0) {
      mask.scatterInPlace(1, values.topk(some, 1).positions(), 1);
    }
    return mask.gt(0);
  }
}
