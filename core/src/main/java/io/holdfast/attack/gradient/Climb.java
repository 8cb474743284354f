package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One {@link Ascent} under way. Shapes: n samples in the task, K classes. */
final class Climb {
  /** Neighbours are not clipped to the domain of inputs. */
  private static final Domain ANYWHERE = new Domain(-1e30, 1e30);

  private final AttackTask task;
  private final Ascent plan;
  private final Recipe recipe;
  private final double fraction; // of epsilon per step
  private final double length; // of a step in the units of the input
  private final Velocity velocity;
  private Tensor x; // [n, ...] variables
  private @Nullable Tensor drift; // [n, ...] mean slope around the last point less that at it
  private @Nullable Tensor total; // [n, C, H, W] patch-wise steps before any projection

  Climb(Ascent plan, AttackTask task) {
    this.plan = plan;
    this.task = task;
    recipe = plan.recipe();
    fraction = plan.stepSize().fraction(task.threat()) * recipe.patches().factor();
    length = fraction * task.threat().epsilon();
    x = plan.start().of(task.region(), task.seeds());
    Norm norm = task.threat().set() instanceof Additive ball ? ball.norm() : Norm.LINF;
    velocity = new Velocity(recipe.momentum(), norm, x);
    drift = recipe.neighbours().samples() > 0 ? Tensors.zerosLike(x) : null;
    total = recipe.patches().none() ? null : Tensors.zerosLike(x);
  }

  /** The last iterates {@code [n, ...]} of the samples that are left in the task. */
  Tensor climb() {
    boolean looks = plan.track() == Pgd.Track.ANY && !recipe.seesThePoint();
    int cost = recipe.gradients(plan.eot()) + (looks ? 1 : 0);
    for (int k = 0; k < plan.steps() && task.size() > 0 && task.queriesLeft() >= cost; k++) {
      try (Scope step = Scope.open()) {
        step(k);
      }
    }
    return x;
  }

  private void step(int k) {
    InputGradients.Pass pass = slope(velocity.lookAhead(x, length), k, 0);
    Tensor gradient = pass.gradient(); // [n, ...]
    if (plan.track() == Pgd.Track.ANY) {
      Tensor logits = recipe.seesThePoint() ? pass.logits() : task.logits(x); // [n, K]
      AttackTask.Stay stay = task.settle(x, logits);
      retain(stay);
      gradient = stay.of(gradient);
    }
    if (task.size() > 0) {
      Tensor corrected = drift == null ? gradient : gradient.add(drift); // [n, ...]
      Tensor direction = velocity.take(recipe.smoothing().of(corrected)); // [n, ...]
      if (drift != null) {
        drift.copyFrom(around(k).subInPlace(gradient));
      }
      move(direction);
    }
  }

  /** Loss gradient averaged over views and repetitions. */
  private InputGradients.Pass slope(Tensor at, int k, int neighbour) {
    List<Seed> seeds = seeds("slope", k, neighbour);
    Loss loss = plan.loss().drawn(seeds, task.classes());
    return recipe.plainlySeen()
        ? task.ascend(at, loss, plan.eot())
        : task.ascend(at, loss, recipe.views(task, plan.eot(), seeds));
  }

  /** The mean slope over random neighbours of x, {@code [n, ...]}. */
  private Tensor around(int k) {
    Additive ball = (Additive) task.threat().set();
    int samples = recipe.neighbours().samples();
    Tensor sum = Tensors.zerosLike(x); // [n, ...]
    for (int i = 1; i <= samples; i++) {
      try (Scope each = Scope.open()) {
        Tensor neighbour = // [n, ...]
            ball.scaled(recipe.neighbours().radius())
                .around(x, ANYWHERE)
                .randomStart(seeds("neighbour", k, i));
        sum.addInPlace(slope(neighbour, k, i).gradient());
      }
    }
    return sum.mulInPlace(1.0 / samples);
  }

  private List<Seed> seeds(String purpose, int k, int number) {
    return task.seeds().stream().map(s -> s.split(purpose).split(k).split(number)).toList();
  }

  private void move(Tensor direction) {
    if (total != null) {
      moveByPatches(direction, total);
    } else if (velocity.isStep()) {
      x.addInPlace(direction, length);
      task.region().project(x);
    } else {
      task.region().step(x, direction, fraction);
    }
  }

  /** Lines 6 to 10 of the algorithm, with equal lengths of a step and of what is handed on. */
  private void moveByPatches(Tensor direction, Tensor soFar) {
    Tensor step = direction.sign().mulInPlace(length); // [n, C, H, W]
    soFar.addInPlace(step);
    Tensor excess = soFar.abs().addInPlace(-task.threat().epsilon()).clampMin(0); // [n, C, H, W]
    Tensor cut = excess.mulInPlace(soFar.sign()); // [n, C, H, W]
    Tensor handed = Smoothing.blur(cut, recipe.patches().kernel()).signInPlace().mulInPlace(length);
    soFar.addInPlace(handed);
    x.addInPlace(step).addInPlace(handed);
    task.region().project(x);
  }

  private void retain(AttackTask.Stay stay) {
    x = stay.moveUp(x);
    velocity.retain(stay);
    drift = drift == null ? null : stay.moveUp(drift);
    total = total == null ? null : stay.moveUp(total);
  }
}
