package io.holdfast.attack;

import io.holdfast.attack.minimal.Cw;
import io.holdfast.attack.minimal.Ddn;
import io.holdfast.attack.minimal.DeepFool;
import io.holdfast.attack.minimal.Ead;
import io.holdfast.attack.minimal.Fmn;
import io.holdfast.attack.minimal.NewtonFool;
import io.holdfast.attack.minimal.SigmaZero;
import io.holdfast.attack.minimal.SparseFool;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/** The attacks that look for the smallest change, inside balls. */
class MinimalContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.1);
  private static final ThreatModel L2 = ThreatModel.l2(0.7);
  private static final ThreatModel L1 = ThreatModel.l1(4);
  private static final ThreatModel L0 = ThreatModel.l0(8);

  @Override
  protected Stream<AttackRow> rows() {
    Cw cw = (Cw) Attacks.parse("cw[steps=20,rounds=2,rate=0.05,weight=5]");
    Ead ead = (Ead) Attacks.parse("ead[steps=20,rounds=2,rate=0.05,weight=5,beta=0.003]");
    return Stream.of(
        row(new DeepFool(10, 0.02), LINF),
        row(new DeepFool(10, 0.02), L2),
        row(new Ddn(15, 0.1, 0.5), L2),
        row(new Fmn(15, 1, 0.05), LINF),
        row(new Fmn(15, 1, 0.05), L2),
        row(new Fmn(15, 1, 0.05), L1),
        row(new Fmn(20, 1, 0.05), L0),
        row(cw, LINF),
        row(cw, L2),
        row(cw.rounds(20).steps(10).rate(0.3).weight(50), ThreatModel.l0(20)).briefly(),
        row(ead, L1),
        row(SigmaZero.SPEC.usual().steps(40), L0),
        row(new NewtonFool(20, 0.02), L2),
        row(new SparseFool(3, 5, 2, 0.02), L1),
        row(new SparseFool(3, 5, 2, 0.02), L0),
        row(new Fmn(15, 1, 0.05), ThreatModel.union(LINF, L1)));
  }

  private static AttackRow row(Attack attack, ThreatModel threat) {
    return new AttackRow(attack.name() + " " + threat.set().key(), n -> attack, threat);
  }
}
