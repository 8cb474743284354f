package io.holdfast.attack.minimal;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;

/**
 * The nearest changes that are no longer than wanted, each sample with a limit of its own; the box
 * plays no part. Shapes: N samples, D components.
 */
final class Shortening {
  private static final double TINY = 1e-30;

  private Shortening() {}

  /**
   * Projects changes onto balls.
   *
   * @param change {@code [N, D]}
   * @param limit of its length, {@code [N, 1]}, at least 0; in L0 whole numbers
   * @return {@code [N, D]}
   */
  static Tensor to(Norm norm, Tensor change, Tensor limit) {
    return switch (norm) {
      case LINF -> change.minimum(limit).maximum(limit.neg()); // [N, D]
      case L2 -> change.mul(limit.div(norm.lengths(change).clampMin(TINY)).clampMax(1));
      case L1 -> thinned(change, limit);
      case L0 -> best(change, change.abs(), limit);
    };
  }

  /**
   * The nearest change with no more values than wanted of all inside the box: those values stay
   * whose loss would be the largest, which is {@code d^2 - (d - b)^2} for a value d of which the
   * box leaves b. Values that the box does not let move count for nothing.
   *
   * @param change {@code [N, D]}
   * @param boxed what the box leaves of it, {@code [N, D]}
   * @param limit of the number of values, {@code [N, 1]}, whole numbers, at least 0
   * @return {@code [N, D]}
   */
  static Tensor counted(Tensor change, Tensor boxed, Tensor limit) {
    return best(boxed, change.mul(2).subInPlace(boxed).mulInPlace(boxed), limit);
  }

  /**
   * {@code max(|d| - lambda, 0)} with the lambda at which the sum is the limit, found by sorting
   * (Duchi et al. 2008, figure 1). Changes that are short enough stay.
   */
  private static Tensor thinned(Tensor change, Tensor limit) {
    Tensor size = change.abs(); // [N, D]
    Tensor falling = size.sort(1, true).values(); // [N, D]
    Tensor excess = falling.cumsum(1).sub(limit); // [N, D] of the i largest
    Tensor count = falling.sign().abs().mul(0).add(1).cumsum(1); // [N, D] 1, 2, ...
    Tensor kept = falling.mul(count).gt(excess).to(change.type()).sumKeep(1); // [N, 1]
    Tensor last = kept.sub(1).clampMin(0).to(DType.INT64); // [N, 1]
    Tensor lambda = excess.gather(1, last).div(count.gather(1, last)).clampMin(0); // [N, 1]
    Tensor inside = size.sumKeep(1).le(limit); // [N, 1]
    return size.sub(lambda.maskedFill(inside, 0)).clampMin(0).mul(change.sign()); // [N, D]
  }

  /** The values of most worth, the first of equals, as many as the limit says. */
  private static Tensor best(Tensor change, Tensor worth, Tensor limit) {
    Tensor order = worth.sort(1, true).positions(); // [N, D]
    Tensor rank = order.sort(1, false).positions(); // [N, D] 0 for the most
    return change.mul(rank.to(change.type()).lt(limit)); // [N, D]
  }
}
