package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Loss;
import io.holdfast.attack.StepSize;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;

/**
 * The search that gradient attacks share: from a start, steepest steps, each projected onto the set
 * and the domain. Ends early where all samples have fallen or the query budget is used up.
 *
 * @param steps at least 1
 * @param stepSize length of a step
 * @param start where it begins
 * @param loss what is maximised
 * @param eot passes per step whose gradients are averaged, at least 1
 * @param track which iterates count
 */
public record Ascent(
    int steps, StepSize stepSize, Start start, Loss loss, int eot, Pgd.Track track) {
  /** One step. */
  public static Ascent once(StepSize stepSize, Start start, Loss loss) {
    return new Ascent(1, stepSize, start, loss, 1, Pgd.Track.LAST);
  }

  /** The last iterates {@code [n, ...]} of the samples that are left in the task. */
  Tensor climb(AttackTask task) {
    double fraction = stepSize.fraction(task.threat());
    Tensor x = start.of(task.region(), task.seeds()); // [n, ...]
    for (int k = 0; k < steps && task.size() > 0 && task.queriesLeft() >= eot; k++) {
      try (Scope step = Scope.open()) {
        InputGradients.Pass pass = task.ascend(x, loss, eot);
        Tensor gradient = pass.gradient(); // [n, ...]
        if (track == Pgd.Track.ANY) {
          AttackTask.Stay stay = task.settle(x, pass.logits());
          x = stay.moveUp(x);
          gradient = stay.of(gradient);
        }
        if (task.size() > 0) {
          task.region().step(x, gradient, fraction);
        }
      }
    }
    return x;
  }
}
