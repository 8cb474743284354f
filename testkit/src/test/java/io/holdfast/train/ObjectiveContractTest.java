package io.holdfast.train;

import io.holdfast.testkit.train.ObjectiveContract;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.distil.Lbgat;
import java.util.stream.Stream;

/** Every objective of the registry under the contract. */
class ObjectiveContractTest extends ObjectiveContract {
  @Override
  protected Stream<Objective> rows() {
    return Stream.concat(
        Objectives.describe().stream().map(ObjectiveSpec::usual).map(this::flat),
        Stream.of(new Lbgat(1, 6, Guide.beside("natural"))));
  }

  /**
   * MAIL's weights carry no gradient, but change along a step: the flatter they are, the nearer is
   * the fall to the gradient's.
   */
  private Objective flat(Objective usual) {
    return usual instanceof Mail m ? new Mail(m.base(), 1, m.bias(), m.beta(), m.burnIn()) : usual;
  }
}
