package io.holdfast.attack.minimal;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * Minimises the size of a change plus a weight times {@code max(confidence - margin, 0)} (Carlini
 * and Wagner 2017, section V), in rounds of which each sample has its own: whoever ends a round
 * begins the next one at once. Shapes: n samples, D components.
 */
final class Rounds {
  private static final int CHECKS = 10;
  private static final double PROGRESS = 0.9999;

  /** How a round comes nearer to the minimum. */
  interface Descent {
    /** One gradient of everyone's margin, where the next step begins. */
    Slope look();

    /**
     * One step of everyone.
     *
     * @param pull the slope of the weighted hinge, {@code [n, D]}
     * @param taken steps of this round so far, {@code [n, 1]}
     * @return what was seen of the points that this step judges
     */
    Look step(Slope slope, Tensor pull, Tensor taken);

    /** The size that is minimised, {@code [n, 1]}. */
    Tensor size(Look judged);

    /** Some begin a new round, {@code [n, 1]}, bool. */
    void restart(Tensor rows);
  }

  /** What changes from round to round. */
  interface Plan {
    /** The weight of the hinge, {@code [n, 1]}. */
    Tensor weight();

    /** Who has done enough in this round, {@code [n, 1]}, bool. */
    Tensor early(Look judged, Tensor objective);

    /**
     * Some have ended a round.
     *
     * @param ended {@code [n, 1]}, bool
     * @param succeeded whether any point of the round reached the goal, {@code [n, 1]}, bool
     * @param judged the last points
     */
    void next(Tensor ended, Tensor succeeded, Look judged);

    /** Whether rounds begin where the one before ended. */
    default boolean goesOn() {
      return false;
    }

    /** Who has no round left, {@code [n, 1]}, bool. */
    Tensor finished();
  }

  private final Trail trail;
  private final Descent descent;
  private final Plan plan;
  private final int steps;
  private final double confidence;
  private final boolean abortEarly;
  private final Rows taken; // [n, 1] steps of this round
  private final Rows before; // [n, 1] objective when last looked at
  private final Rows succeeded; // [n, 1] 0 or 1

  /**
   * Before the first round.
   *
   * @param steps of a round at most
   * @param abortEarly whether a round ends when a tenth of its steps has gained nothing
   */
  Rounds(
      Trail trail, Descent descent, Plan plan, int steps, double confidence, boolean abortEarly) {
    this.trail = trail;
    this.descent = descent;
    this.plan = plan;
    this.steps = steps;
    this.confidence = confidence;
    this.abortEarly = abortEarly;
    taken = trail.remember(1, 0);
    before = trail.remember(1, Double.POSITIVE_INFINITY);
    succeeded = trail.remember(1, 0);
  }

  /** All rounds; the result is that of {@link Trail#end}. */
  Tensor run() {
    while (trail.goesOn(2)) {
      try (Scope step = Scope.open()) {
        Slope slope = descent.look();
        if (!trail.isEmpty()) {
          Tensor active = slope.look().margin().le(confidence); // [n, 1]
          Tensor weight = plan.weight().neg().mul(active); // [n, 1]
          Look judged = descent.step(slope, slope.gradient().mul(weight), taken.get());
          turn(judged);
        }
      }
    }
    return trail.end();
  }

  /** Ends rounds; who has none left leaves. */
  private void turn(Look judged) {
    if (trail.isEmpty()) {
      return;
    }
    Tensor objective = objective(judged); // [n, 1]
    taken.set(taken.get().add(1));
    succeeded.set(judged.reached(), 1);
    Tensor done = taken.get().ge(steps).or(plan.early(judged, objective)); // [n, 1]
    Tensor ended = abortEarly ? done.or(stalled(objective)) : done; // [n, 1]
    if (ended.any()) {
      plan.next(ended, succeeded.get().gt(0), judged);
      descent.restart(ended);
      taken.set(ended, 0);
      if (plan.goesOn()) {
        before.set(ended, objective(judged)); // with the new weights
      } else {
        before.set(ended, Double.POSITIVE_INFINITY);
      }
      succeeded.set(ended, 0);
      trail.leave(plan.finished());
    }
  }

  /** What is minimised, at the present weights, {@code [n, 1]}. */
  private Tensor objective(Look judged) {
    Tensor hinge = judged.margin().neg().addInPlace(confidence).clampMin(0); // [n, 1]
    return descent.size(judged).add(hinge.mul(plan.weight()));
  }

  /** Who has gained nothing since the last look, {@code [n, 1]}. */
  private Tensor stalled(Tensor objective) {
    double period = Math.ceil((double) steps / CHECKS);
    Tensor parts = taken.get().div(period); // [n, 1]
    Tensor due = parts.eq(parts.floor()); // [n, 1]
    Tensor stalled = due.and(objective.gt(before.get().mul(PROGRESS))); // [n, 1]
    before.set(Tensors.where(due, objective, before.get()));
    return stalled;
  }
}
