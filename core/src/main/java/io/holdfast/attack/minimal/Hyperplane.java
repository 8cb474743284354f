package io.holdfast.attack.minimal;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;

/**
 * The nearest point of a hyperplane inside the box, exactly (Croce and Hein 2020, FAB, section 2.2
 * and appendix A). No value of the nearest point moves away from the hyperplane, so that only sizes
 * are to be found: {@code min |t| subject to sum_j v_j t_j = a, 0 <= t_j <= c_j} with v the
 * absolute slopes, a the absolute value to be made up and c the room inside the box. Where even
 * {@code t = c} makes up too little, the hyperplane misses the box and {@code t = c} is the corner
 * that comes nearest to it. All in double. Shapes: N samples, D components.
 */
final class Hyperplane {
  private static final double TINY = 1e-150;
  private static final double HUGE = 1e150;

  private Hyperplane() {}

  /**
   * The smallest change after which the linear function is 0, or as near to 0 as the box allows.
   *
   * @param norm that is smallest: {@link Norm#LINF}, {@link Norm#L2} or {@link Norm#L1}
   * @param from points of the box, {@code [N, D]}, float64
   * @param slopes of the linear function, {@code [N, D]}, float64; values of slope 0 stay
   * @param value of the linear function at {@code from}, {@code [N, 1]}, float64
   * @return {@code [N, D]}
   */
  static Tensor reach(Norm norm, Tensor from, Tensor slopes, Tensor value, Domain domain) {
    Tensor direction = slopes.sign().mul(value.sign()).neg(); // [N, D] in {-1, 0, 1}
    Tensor up = from.neg().add(domain.high()); // [N, D]
    Tensor down = from.sub(domain.low()); // [N, D]
    Tensor room = Tensors.where(direction.gt(0), up, down).clampMin(0); // [N, D] c
    Tensor v = slopes.abs(); // [N, D]
    Tensor sizes =
        switch (norm) {
          case LINF -> together(v, room, v.mul(0).add(1), value.abs()); // [N, D]
          case L2 -> together(v, room, v, value.abs()); // [N, D]
          case L1 -> inTurn(v, room, value.abs()); // [N, D]
          default -> throw new IllegalArgumentException("no hyperplane in " + norm.key());
        };
    return sizes.mul(direction);
  }

  /**
   * {@code t = min(tau s, c)}, the optimality condition in L-infinity (s = 1) and L2 (s = v).
   * {@code sum_j v_j t_j} is piecewise linear in tau with breaks at c / s, so that sorting them
   * finds tau exactly: the sum at a break is tau times the {@code v s} of those that are free
   * there, plus the {@code v c} of those that are stuck at the box.
   */
  private static Tensor together(Tensor v, Tensor c, Tensor s, Tensor a) {
    Tensor.Ranked breaks = c.div(s.clampMin(TINY)).sort(1, true); // [N, D], falling
    Tensor free = v.mul(s).gather(1, breaks.positions()).cumsum(1); // [N, D] of this and larger
    Tensor full = v.mul(c).gather(1, breaks.positions()).cumsum(1); // [N, D]
    Tensor stuck = full.slice(1, full.size(1) - 1, full.size(1)).sub(full).clampMin(0); // [N, D]
    Tensor sum = breaks.values().mul(free).add(stuck); // [N, D] falling
    Tensor beyond = sum.gt(a).to(DType.FLOAT64).sumKeep(1); // [N, 1] breaks above tau
    Tensor last = beyond.sub(1).clampMin(0).to(DType.INT64); // [N, 1]
    Tensor left = a.sub(stuck.gather(1, last)).clampMin(0); // [N, 1] for the free ones
    Tensor tau = left.div(free.gather(1, last).clampMin(TINY)); // [N, 1]
    tau = tau.clampMax(HUGE).maskedFill(beyond.eq(0), HUGE); // [N, 1]
    return s.mul(tau).minimum(c); // [N, D]
  }

  /** In L1 the values of the largest slopes move first, each as far as needed or possible. */
  private static Tensor inTurn(Tensor v, Tensor c, Tensor a) {
    Tensor.Ranked order = v.sort(1, true);
    Tensor room = c.gather(1, order.positions()); // [N, D]
    Tensor full = order.values().mul(room); // [N, D]
    Tensor before = full.cumsum(1).sub(full); // [N, D] made up by larger slopes
    Tensor left = a.sub(before).clampMin(0); // [N, D]
    Tensor sizes = left.div(order.values().clampMin(TINY)).minimum(room); // [N, D]
    Tensor back = order.positions().sort(1, false).positions(); // [N, D] inverse permutation
    return sizes.gather(1, back);
  }
}
