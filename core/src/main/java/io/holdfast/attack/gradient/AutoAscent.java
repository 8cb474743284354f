package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import java.util.Arrays;

/**
 * One run of Auto-PGD (Croce and Hein 2020, algorithm 1): projected steps of a {@link Stride} with
 * momentum; the point of highest loss is kept, and those who make no progress go back to it. All in
 * place. Shapes: n samples in the task.
 */
final class AutoAscent {
  private final AttackTask task;
  private final Region region;
  private final Loss loss;
  private final int eot;
  private final Stride stride;
  private Tensor x; // [n, ...] the point
  private Tensor before; // [n, ...] the point before it
  private Tensor best; // [n, ...] that of highest loss
  private Tensor bestGradient; // [n, ...] there
  private double[] highest; // [n] that loss

  /**
   * At the start.
   *
   * @param region the task's own, or a larger one whose points do not count
   * @param start admissible points {@code [n, ...]}; changed in place
   * @param loss what is maximised
   * @param eot passes per step whose gradients are averaged
   */
  AutoAscent(AttackTask task, Region region, Tensor start, Loss loss, int eot, Stride stride) {
    this.task = task;
    this.region = region;
    this.loss = loss;
    this.eot = eot;
    this.stride = stride;
    x = start;
    before = start.clone();
    best = start.clone();
    bestGradient = Tensors.zerosLike(start);
    highest = new double[task.size()];
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
  }

  /**
   * The points of highest loss {@code [n, ...]} of the samples that are left in the task. Each step
   * costs {@code eot} queries and gradients; the look at the last point is one more query.
   */
  Tensor climb(int steps) {
    for (int k = 0; k < steps && goesOn(); k++) {
      try (Scope step = Scope.open()) {
        InputGradients.Pass pass = task.ascend(x, loss, eot);
        Tensor gradient = look(pass.logits(), pass.gradient()); // [n, ...]
        if (task.size() > 0) {
          move(stride.step(gradient), k == 0 ? 1 : stride.fresh());
        }
      }
    }
    if (goesOn()) {
      try (Scope last = Scope.open()) {
        look(task.logits(x), Tensors.zerosLike(x));
      }
    }
    return best;
  }

  private boolean goesOn() {
    return task.size() > 0 && task.queriesLeft() >= eot;
  }

  /** Takes note of the point; gives the gradient to go on with. */
  private Tensor look(Tensor logits, Tensor gradient) {
    boolean counts = region == task.region();
    AttackTask.Stay stay = counts ? task.settle(x, logits) : AttackTask.Stay.ALL;
    retain(stay);
    Tensor here = stay.of(gradient).clone(); // [n, ...], ours to write into
    if (task.size() == 0) {
      return here;
    }
    double[] losses = loss.value(stay.of(logits), task.reference()).toDoubles(); // [n]
    boolean[] better = new boolean[losses.length];
    for (int i = 0; i < better.length; i++) {
      better[i] = losses[i] > highest[i];
      highest[i] = Math.max(losses[i], highest[i]);
    }
    PerSample.copy(better, x, best);
    PerSample.copy(better, here, bestGradient);
    boolean[] back = stride.next(best, losses, highest);
    PerSample.copy(back, best, x);
    PerSample.copy(back, bestGradient, here);
    return here;
  }

  private void retain(AttackTask.Stay stay) {
    x = stay.moveUp(x);
    before = stay.moveUp(before);
    best = stay.moveUp(best);
    bestGradient = stay.moveUp(bestGradient);
    highest = stay.of(highest);
    stride.retain(stay);
  }

  /** x + a (P(x + step) - x) + (1 - a) (x - before), projected. */
  private void move(Tensor step, double fresh) {
    Tensor next = x.add(step); // [n, ...]
    region.project(next);
    if (fresh < 1) {
      next.subInPlace(x).mulInPlace(fresh).addInPlace(x);
      next.addInPlace(x, 1 - fresh).addInPlace(before, fresh - 1);
      region.project(next);
    }
    before.copyFrom(x);
    x.copyFrom(next);
  }
}
