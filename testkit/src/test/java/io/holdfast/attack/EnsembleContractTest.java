package io.holdfast.attack;

import io.holdfast.attack.ensemble.AutoAttack;
import io.holdfast.attack.ensemble.AutoAttack.Version;
import io.holdfast.attack.ensemble.HoldfastSuite;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/** Suites with small budgets. */
class EnsembleContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.1);
  private static final ThreatModel L2 = ThreatModel.l2(0.7);
  private static final ThreatModel L1 = ThreatModel.l1(4);

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        row(Version.STANDARD, LINF),
        row(Version.STANDARD, L1),
        row(Version.PLUS, L2),
        row(Version.RAND, L2),
        row(Version.STANDARD, ThreatModel.union(LINF, L1)),
        new AttackRow("holdfast linf", n -> new HoldfastSuite(0.1, 1), LINF).briefly(),
        new AttackRow("holdfast l2", n -> new HoldfastSuite(0.05, 1), L2).briefly(),
        new AttackRow("holdfast l1, eot", n -> new HoldfastSuite(0.1, 2), L1));
  }

  private static AttackRow row(Version version, ThreatModel threat) {
    return new AttackRow(
        "autoattack " + version + " " + threat.set().key(),
        n -> new AutoAttack(version, 3, 15),
        threat);
  }
}
