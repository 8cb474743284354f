package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;

/**
 * Steps straight onto the nearest boundary of the linearised model until one is crossed
 * (Moosavi-Dezfooli et al. 2016, algorithm 2). Shapes: n samples, m of them that have not crossed
 * it, D components.
 */
final class Crossing {
  /** Added to the distance of a boundary, so that steps never come to rest before it. */
  private static final double BEYOND = 1e-4;

  /** The longest step: further than any box, and with a slope of 0 still no step. */
  private static final double FAR = 1e30;

  private final Trail trail;
  private final Norm norm;
  private final int steps;
  private final double overshoot;
  private final Rows sum; // [n, D] of the steps
  private final Rows over; // [n, 1] 1 where the goal was reached
  private final Rows seen; // [n, K] logits at the points of the last look

  /**
   * @param trail whose points move
   * @param norm in which steps are short: {@link Norm#L2} or {@link Norm#LINF}
   * @param steps at most, one gradient per boundary each
   * @param overshoot by which part the sum of steps is lengthened
   */
  Crossing(Trail trail, Norm norm, int steps, double overshoot) {
    this.trail = trail;
    this.norm = norm;
    this.steps = steps;
    this.overshoot = overshoot;
    sum = trail.remember(trail.dimensions(), 0);
    over = trail.remember(1, 0);
    seen = trail.remember(trail.task().classes(), 0);
  }

  /**
   * From some points, at which the trail is, over the nearest boundary. Samples that have reached
   * the goal are asked about no more.
   *
   * @param from {@code [n, D]}
   * @param leave whether they leave; else they stay where they are
   * @return whether all were seen to be over it
   */
  boolean run(Rows from, boolean leave) {
    sum.set(sum.get().mul(0));
    over.set(over.get().mul(0));
    boolean all = false;
    for (int k = 0; k < steps && !all && trail.goesOn(2); k++) {
      try (Scope step = Scope.open()) {
        look(leave);
        int[] moving = moving();
        all = moving.length == 0; // also of none
        if (!all) {
          move(from, moving);
        }
      }
    }
    return all;
  }

  /** Positions of those that have not reached the goal. */
  private int[] moving() {
    return trail.positions(over.get().eq(0));
  }

  private void look(boolean leave) {
    Look look = trail.look(moving(), seen.get());
    over.set(look.reached().to(DType.FLOAT32));
    seen.set(look.logits());
    if (leave) {
      trail.leave(look.reached());
    }
  }

  private void move(Rows from, int[] moving) {
    AttackTask task = trail.task();
    AttackTask some = moving.length == task.size() ? task : task.part(moving);
    Tensor at = trail.positions(moving); // [m]
    Tensor step = step(Boundary.nearest(some, trail.inputs().indexSelect(0, at), norm)); // [m, D]
    Tensor next = sum.get().indexSelect(0, at).add(step); // [m, D]
    sum.set(sum.get().clone().indexCopyInPlace(0, at, next));
    trail.goTo(from.get().add(sum.get(), 1 + overshoot));
  }

  /** The shortest step onto the boundary and a little further, {@code [m, D]}. */
  private Tensor step(Boundary boundary) {
    Tensor w = boundary.slopes(); // [m, D]
    Tensor length = boundary.distance(norm).add(BEYOND).clampMax(FAR); // [m, 1]
    Tensor direction =
        norm == Norm.LINF
            ? w.sign() // [m, D]
            : w.div(norm.lengths(w).clampMin(Double.MIN_NORMAL)); // [m, D]
    Tensor back = boundary.value().gt(0).to(DType.FLOAT64); // [m, 1]
    Tensor way = back.mul(-2).add(1); // on the boundary itself across it, too
    return direction.mul(length).mul(way).to(DType.FLOAT32);
  }
}
