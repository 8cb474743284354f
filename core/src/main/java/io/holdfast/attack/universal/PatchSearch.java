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
import io.holdfast.threat.SquarePatch;
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
  PatchSearch(AdversarialPatch plan, AttackTask task) {
    this(plan, task, grey(plan, task));
  }

  /** Begins with these patches. */
  PatchSearch(AdversarialPatch plan, AttackTask task, Tensor patch) {
    this.plan = plan;
    this.task = task;
    this.patch = patch;
    domain = task.threat().domain();
    forAll = plan.scope() == SampleScope.UNIVERSAL;
  }

  private static Tensor grey(AdversarialPatch plan, AttackTask task) {
    Domain domain = task.threat().domain();
    int side = ((SquarePatch) task.threat().set()).size();
    Tensor clean = task.region().clean();
    return Tensors.full(
            (domain.low() + domain.high()) / 2,
            plan.scope() == SampleScope.UNIVERSAL ? 1 : task.size(),
            clean.size(1),
            Math.min(side, clean.size(2)),
            Math.min(side, clean.size(3)))
        .to(clean.device());
  }

  /** The patches, of those that are left in the task. */
  Tensor search() {
    for (int step = 0; step < plan.steps() && !isEmpty() && going(plan.eot() + 1L); step++) {
      try (Scope scope = Scope.open()) {
        step(step);
      }
    }
    return patch;
  }

  /** Whether patches have no pixels. */
  private boolean isEmpty() {
    return patch.size(2) * patch.size(3) == 0;
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

  /** The images with the patches of some placements at that with the highest margin. */
  Tensor place() {
    Tensor best = task.region().origin(); // [n, C, H, W]
    if (isEmpty()) {
      return best;
    }
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
