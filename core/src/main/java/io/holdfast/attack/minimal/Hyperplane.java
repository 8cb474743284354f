package io.holdfast.attack.minimal;

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
          case LINF -> together(v, room, value, false); // [N, D]
          case L2 -> together(v, room, value, true); // [N, D]
          case L1 -> inTurn(v, room, value.abs()); // [N, D]
          default -> throw new IllegalArgumentException("no hyperplane in " + norm.key());
        };
    return sizes.mul(direction);
  }

  /**
   * {@code t = min(tau s, c)}, the optimality condition in L-infinity (s = 1) and L2 (s = v). What
   * is made up, {@code sum_j v_j t_j}, is a concave function of tau of linear pieces, so that
   * Newton's steps from 0 rise to the solution and reach it exactly when no further value sticks to
   * the box. They take fewer passes over the values than sorting them.
   */
  private static Tensor together(Tensor v, Tensor room, Tensor value, boolean bySlope) {
    int n = (int) v.size(0);
    int d = (int) v.size(1);
    double[] slope = v.toDoubles(); // [N D]
    double[] most = room.toDoubles(); // [N D]
    double[] a = value.toDoubles(); // [N]
    double[] sizes = new double[n * d];
    int[] free = new int[d];
    for (int i = 0; i < n; i++) {
      double tau = tau(slope, most, i * d, Math.abs(a[i]), bySlope, free);
      for (int j = i * d; j < (i + 1) * d; j++) {
        sizes[j] = Math.min(bySlope ? tau * slope[j] : tau, most[j]);
      }
    }
    return Tensors.of(sizes, n, d).to(v.device());
  }

  /**
   * The solution for the values from {@code start} on.
   *
   * @param free room for one number per value
   */
  private static double tau(
      double[] slope, double[] most, int start, double a, boolean bySlope, int[] free) {
    int left = free.length;
    for (int j = 0; j < left; j++) {
      free[j] = start + j;
    }
    double stuck = 0; // made up by the values at the box
    double tau = 0;
    while (true) {
      double rate = 0; // made up by the others per unit of tau
      int kept = 0;
      for (int k = 0; k < left; k++) {
        int j = free[k];
        double s = bySlope ? slope[j] : 1;
        if (tau * s < most[j]) {
          rate += slope[j] * s;
          free[kept++] = j;
        } else {
          stuck += slope[j] * most[j];
        }
      }
      boolean done = kept == left && tau > 0;
      left = kept;
      double next = (a - stuck) / Math.max(rate, TINY);
      if (done || next <= tau) {
        return tau;
      }
      if (rate <= TINY) {
        return HUGE; // everything sticks, and it is not enough
      }
      tau = Math.min(next, HUGE);
    }
  }

  /** In L1 the values of the largest slopes move first, each as far as needed or possible. */
  private static Tensor inTurn(Tensor v, Tensor c, Tensor a) {
    Tensor.Ranked order = v.sort(1, true);
    Tensor room = c.gather(1, order.positions()); // [N, D]
    Tensor full = order.values().mul(room); // [N, D]
    Tensor before = full.cumsum(1).sub(full); // [N, D] made up by larger slopes
    Tensor left = a.sub(before).clampMin(0); // [N, D]
    Tensor sizes = left.div(order.values().clampMin(TINY)).minimum(room); // [N, D]
    return sizes.putBack(1, order.positions());
  }
}
