package io.holdfast.attack;

import io.holdfast.attack.corruption.WorstCorruption;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.CommonCorruptions;
import io.holdfast.threat.ThreatModel;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Attacks by natural corruptions. */
class CorruptionContractTest extends AttackContract {
  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        new AttackRow(
            "worst-corruption",
            n -> new WorstCorruption(OptionalInt.empty(), n),
            ThreatModel.of(new CommonCorruptions(2))));
  }
}
