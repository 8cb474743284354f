package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Targeting;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;

/** An attack that is one {@link Ascent} per round. */
public interface GradientAttack<A extends GradientAttack<A>> extends ListedAttack<A> {
  /** The family of plain steps along the gradient. */
  String PLAIN_ASCENT = "gradient-ascent";

  /** The search of one round. */
  Ascent ascent();

  /**
   * One family of all whose steps are those of the gradient at the iterate, projected: FGSM,
   * R-FGSM, BIM, PGD and those that differ from them in start, length and number of steps or in the
   * loss alone. With momentum, views or other parts of a {@link Recipe} an attack is its own
   * family.
   */
  @Override
  default String family() {
    return ascent().recipe().equals(Recipe.PLAIN) ? PLAIN_ASCENT : ListedAttack.super.family();
  }

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
  default int publishedClasses(ThreatModel threat) {
    boolean targeted = threat.goal().targeted() || targeting() != Targeting.GOAL;
    return ascent().loss().publishedClasses(targeted);
  }

  @Override
  default Tensor perturb(AttackTask task) {
    return ascent().climb(task);
  }
}
