package io.holdfast.attack.ensemble;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.ListedAttack;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;

/** An attack on balls that is nothing but its stages. */
interface Ensemble<A extends Ensemble<A>> extends ListedAttack<A> {
  @Override
  default Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  default void check(ThreatModel threat, int classes) {
    if (!threat.set().members().stream().allMatch(Additive.class::isInstance)) {
      throw new InvalidInputException(
          "attack " + key(), "", "a threat model of balls", threat.set().key());
    }
  }

  @Override
  default Tensor perturb(AttackTask task) {
    throw new IllegalStateException("the stages of " + key() + " run instead");
  }
}
