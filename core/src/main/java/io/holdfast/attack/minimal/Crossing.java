package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.model.InputGradients;
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

  /**
   * From some points, at which the trail is, over the nearest boundary.
   *
   * @param from {@code [n, D]}
   * @param sum for the sum of the steps, {@code [n, D]}, 0 at first
   * @param leave whether samples leave that have reached the goal; else they stay where they are
   */
  void run(Rows from, Rows sum, boolean leave) {
    AttackTask task = trail.task();
    boolean over = false;
    for (int k = 0; k < steps && !over && trail.goesOn(Rivals.count(task)); k++) {
      try (Scope step = Scope.open()) {
        Slope seen = trail.look(Rivals.loss(task, 0));
        Tensor reached = seen.look().reached(); // [n, 1]
        Slope first = leave ? seen.of(trail.leave(reached)) : seen;
        over = first.look().reached().all(); // also of none
        if (!over) {
          Tensor before = first.look().reached().not(); // [n, 1]
          sum.set(before, sum.get().add(step(nearest(first))));
          trail.goTo(from.get().add(sum.get(), 1 + overshoot));
        }
      }
    }
  }

  private Boundary nearest(Slope first) {
    AttackTask task = trail.task();
    InputGradients.Pass seen =
        new InputGradients.Pass(first.look().logits(), first.gradient()); // of who is left
    Boundary nearest = Boundary.of(Rivals.loss(task, 0), seen, task.reference());
    for (int number = 1; number < Rivals.count(task); number++) {
      Loss loss = Rivals.loss(task, number);
      nearest = nearest.orNearer(Boundary.of(loss, trail.ascend(loss), task.reference()), norm);
    }
    return nearest;
  }

  /** The shortest step onto the boundary and a little further, {@code [n, D]}. */
  private Tensor step(Boundary boundary) {
    Tensor w = boundary.slopes(); // [n, D]
    Tensor length = boundary.distance(norm).add(BEYOND); // [n, 1]
    Tensor direction =
        norm == Norm.LINF
            ? w.sign() // [n, D]
            : w.div(norm.lengths(w).clampMin(Double.MIN_NORMAL)); // [n, D]
    return direction.mul(length).mul(boundary.value().sign().neg()).to(DType.FLOAT32);
  }
}
