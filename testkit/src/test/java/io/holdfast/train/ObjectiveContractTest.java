package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.train.ObjectiveContract;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every objective under the contract. */
class ObjectiveContractTest extends ObjectiveContract {
  @Override
  protected Stream<Objective> rows() {
    return Stream.of(new Standard(), new PgdAt(), Trades.beta(6));
  }

  /** A new objective needs a row. */
  @Test
  void everyObjectiveHasARow() {
    assertThat(rows().map(Objective::name)).containsExactlyElementsOf(Objectives.names());
  }
}
