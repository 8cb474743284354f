package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;

/**
 * What depends on the norm in Auto-PGD: direction and length of steps, and their adaptation. Holds
 * the state of the samples of one task. Shapes: n samples in the task.
 */
interface Stride {
  /** The step to try before any projection, {@code [n, ...]}. */
  Tensor step(Tensor gradient);

  /** The part of a step that is the new one; the rest repeats the step before, in (0, 1]. */
  double fresh();

  /**
   * Takes note of the next point; the first is the start.
   *
   * @param best points of highest loss so far, {@code [n, ...]}
   * @param loss there, {@code [n]}
   * @param highest losses so far, {@code [n]}
   * @return who goes back to its best point, {@code [n]}
   */
  boolean[] next(Tensor best, double[] loss, double[] highest);

  /** Goes on with those who stay. */
  void retain(AttackTask.Stay stay);
}
