package io.holdfast.train;

import io.holdfast.testkit.train.ObjectiveContract;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import java.util.stream.Stream;

/** Every objective of the registry under the contract. */
class ObjectiveContractTest extends ObjectiveContract {
  @Override
  protected Stream<Objective> rows() {
    return Objectives.describe().stream().map(ObjectiveSpec::usual);
  }
}
