package io.holdfast.attack.universal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Losses;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import java.util.Arrays;
import java.util.List;

/**
 * One {@link AdversarialPatch} in the making. Shapes: n samples in the task, whose patches are
 * {@code [n, C, h, w]}, or {@code [1, C, h, w]} where there is one for all.
 */
final class PatchSearch {
  private final AdversarialPatch plan;
  private final AttackTask task;
  private final Domain domain;
  private final boolean forAll;
  private Tensor patch;

  /** Begins with grey patches. */
  PatchSearch(AdversarialPatch plan, AttackTask task, int side) {
    this.plan = plan;
    this.task = task;
    domain = task.threat().domain();
    forAll = plan.scope() == SampleScope.UNIVERSAL;
    Tensor clean = task.region().clean();
    long high = Math.min(side, clean.size(2));
    long wide = Math.min(side, clean.size(3));
    patch =
        Tensors.full(
                (domain.low() + domain.high()) / 2,
                forAll ? 1 : task.size(),
                clean.size(1),
                high,
                wide)
            .to(clean.device());
  }

  /** The images with their patches, {@code [n, C, H, W]}. */
  Tensor search() {
    for (int step = 0; step < plan.steps() && going(plan.eot() + 1L); step++) {
      try (Scope scope = Scope.open()) {
        step(step);
      }
    }
    return place();
  }

  private boolean going(long queries) {
    return task.size() > 0 && task.queriesLeft() >= queries;
  }

  private void step(int step) {
    Tensor sum = Tensors.zerosLike(patch); // [1 or n, C, h, w]
    for (int draw = 0; draw < plan.eot() && task.size() > 0; draw++) {
      Placement place = placement(plan.poses(), "step", step, draw);
      Tensor leaf = patch.asLeaf();
      Tensor pasted = place.paste(task.region().clean(), leaf, domain); // [n, C, H, W]
      Tensor x = pasted.detach();
      InputGradients.Pass pass = task.ascend(x, plan.loss(), 1);
      sum.addInPlace(Autograd.vjp(pasted, leaf, pass.gradient()));
      sum = settled(x, pass.logits()).of(sum);
    }
    double length = plan.relativeStep() * domain.width() * (1 - step / (double) plan.steps());
    patch.addInPlace(sum.signInPlace(), length).clampInPlace(domain.low(), domain.high());
  }

  private Placement placement(Poses poses, String purpose, int step, int draw) {
    List<Seed> seeds =
        task.seeds().stream().map(s -> s.split(purpose).split(step).split(draw)).toList();
    return Placement.draw(poses, seeds, task.region().clean(), patch);
  }

  /** Lets samples go that fell, with their patches; where there is one for all nobody goes. */
  private AttackTask.Stay settled(Tensor x, Tensor logits) {
    if (forAll) {
      return AttackTask.Stay.ALL;
    }
    AttackTask.Stay stay = task.settle(x, logits);
    patch = stay.moveUp(patch);
    return stay;
  }

  /** Of some placements the one with the highest margin for each sample. */
  private Tensor place() {
    Tensor best = task.region().origin(); // [n, C, H, W]
    double[] highest = new double[task.size()];
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
    for (int draw = 0; draw < plan.tries() && going(1); draw++) {
      try (Scope scope = Scope.open()) {
        Placement place = placement(plan.poses().atFullSize(), "place", 0, draw);
        Tensor x = place.paste(task.region().clean(), patch, domain); // [n, C, H, W]
        Tensor logits = task.logits(x); // [n, K]
        double[] margins = Losses.CW.value(logits, task.reference()).toDoubles(); // [n]
        boolean[] higher = new boolean[margins.length];
        for (int i = 0; i < higher.length; i++) {
          higher[i] = margins[i] > highest[i];
          highest[i] = Math.max(margins[i], highest[i]);
        }
        Tensor which = Tensors.of(higher, higher.length, 1, 1, 1).to(x.device());
        best.copyFrom(Tensors.where(which, x, best));
        AttackTask.Stay stay = settled(x, logits);
        best = stay.moveUp(best);
        highest = stay.of(highest);
      }
    }
    return best;
  }
}
