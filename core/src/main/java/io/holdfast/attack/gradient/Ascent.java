package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Loss;
import io.holdfast.attack.StepSize;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;

/**
 * The search that gradient attacks share: from a start, steps along the gradient of a loss, each
 * projected onto the set and the domain. Ends early where all samples have fallen or the query
 * budget is used up.
 *
 * @param steps at least 1
 * @param stepSize length of a step
 * @param start where it begins; beside the clean input where the loss has no slope there
 * @param loss what is maximised
 * @param eot passes per step whose gradients are averaged, at least 1
 * @param track which iterates count; where the gradient is not that of the iterate itself, {@link
 *     Pgd.Track#ANY} costs one query more per step
 * @param recipe what else a step is made of; parts other than {@link Recipe#PLAIN}'s need a ball
 */
public record Ascent(
    int steps, StepSize stepSize, Start start, Loss loss, int eot, Pgd.Track track, Recipe recipe) {
  public Ascent {
    start = start.suiting(loss);
  }

  /** Plain steps. */
  public Ascent(int steps, StepSize stepSize, Start start, Loss loss, int eot, Pgd.Track track) {
    this(steps, stepSize, start, loss, eot, track, Recipe.PLAIN);
  }

  /** One step. */
  public static Ascent once(StepSize stepSize, Start start, Loss loss) {
    return new Ascent(1, stepSize, start, loss, 1, Pgd.Track.LAST);
  }

  /** The same with other parts. */
  public Ascent with(Recipe parts) {
    return Records.with(this, "recipe", parts);
  }

  /** The last iterates {@code [n, ...]} of the samples that are left in the task. */
  Tensor climb(AttackTask task) {
    return new Climb(this, task).climb();
  }
}
