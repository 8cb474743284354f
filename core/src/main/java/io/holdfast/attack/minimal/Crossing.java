package io.holdfast.attack.minimal;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;

/**
 * Steps straight onto the nearest boundary of the linearised model until one is crossed
 * (Moosavi-Dezfooli et al. 2016, algorithm 2). Shapes: n samples, D components.
 *
 * @param trail whose points move
 * @param norm in which steps are short: {@link Norm#L2} or {@link Norm#LINF}
 * @param steps at most, one gradient per boundary each
 * @param overshoot by which part the sum of steps is lengthened
 */
record Crossing(Trail trail, Norm norm, int steps, double overshoot) {
  /** Added to the distance of a boundary, so that steps never come to rest before it. */
  private static final double BEYOND = 1e-4;

  /** The longest step: further than any box, and with a slope of 0 still no step. */
  private static final double FAR = 1e30;

  /**
   * From some points, at which the trail is, over the nearest boundary.
   *
   * @param from {@code [n, D]}
   * @param sum for the sum of the steps, {@code [n, D]}, 0 at first
   * @param leave whether samples leave that have reached the goal; else they stay where they are
   * @return whether all were seen to be over it
   */
  boolean run(Rows from, Rows sum, boolean leave) {
    boolean over = false;
    for (int k = 0; k < steps && !over && trail.goesOn(2); k++) {
      try (Scope step = Scope.open()) {
        Tensor seen = trail.look().reached(); // [n, 1]
        Tensor reached = leave ? trail.leave(seen).of(seen) : seen; // [n, 1] of who is left
        over = reached.all(); // also of none
        if (!over) {
          Boundary nearest = Boundary.nearest(trail.task(), trail.inputs(), norm);
          sum.set(reached.not(), sum.get().add(step(nearest)));
          trail.goTo(from.get().add(sum.get(), 1 + overshoot));
        }
      }
    }
    return over;
  }

  /** The shortest step onto the boundary and a little further, {@code [n, D]}. */
  private Tensor step(Boundary boundary) {
    Tensor w = boundary.slopes(); // [n, D]
    Tensor length = boundary.distance(norm).add(BEYOND).clampMax(FAR); // [n, 1]
    Tensor direction =
        norm == Norm.LINF
            ? w.sign() // [n, D]
            : w.div(norm.lengths(w).clampMin(Double.MIN_NORMAL)); // [n, D]
    Tensor back = boundary.value().gt(0).to(DType.FLOAT64); // [n, 1]
    Tensor way = back.mul(-2).add(1); // on the boundary itself across it, too
    return direction.mul(length).mul(way).to(DType.FLOAT32);
  }
}
