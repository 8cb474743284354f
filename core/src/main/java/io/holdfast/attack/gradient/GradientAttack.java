package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Targeting;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;

/** An attack that is one {@link Ascent} per round. */
public interface GradientAttack<A extends GradientAttack<A>> extends ListedAttack<A> {
  /** The search of one round. */
  Ascent ascent();

  @Override
  default Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  default void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    boolean targeted = threat.goal().targeted() || targeting() != Targeting.GOAL;
    GradientChecks.requireClasses(key(), ascent().loss(), targeted, classes);
  }

  @Override
  default Tensor perturb(AttackTask task) {
    return ascent().climb(task);
  }
}
