package io.holdfast.attack;

import io.holdfast.attack.blackbox.decision.Blend;
import io.holdfast.attack.blackbox.decision.Boundary;
import io.holdfast.attack.blackbox.decision.DecisionAttack;
import io.holdfast.attack.blackbox.decision.GeoDa;
import io.holdfast.attack.blackbox.decision.HopSkipJump;
import io.holdfast.attack.blackbox.decision.Pointwise;
import io.holdfast.attack.blackbox.decision.RayS;
import io.holdfast.attack.blackbox.decision.SignOpt;
import io.holdfast.attack.blackbox.decision.Start;
import io.holdfast.attack.blackbox.decision.SurFree;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/** Decision-based attacks under the contract, with few queries. */
class DecisionContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.2);
  private static final ThreatModel L2 = ThreatModel.l2(1.2);
  private static final ThreatModel L1 = ThreatModel.l1(8);

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        row("boundary l2", Boundary.standard(60), ThreatModel.l2(1.6)),
        row("hopskipjump l2", HopSkipJump.standard(60).firstEstimate(20), L2),
        row("hopskipjump linf", HopSkipJump.standard(60).firstEstimate(20), LINF),
        row("geoda l2", GeoDa.standard(60), L2),
        row("geoda linf", GeoDa.standard(60), LINF),
        row("geoda l1", GeoDa.standard(60), L1),
        row("sign-opt l2", SignOpt.standard(SignOpt.Kind.SIGN, 60).neighbours(30), L2),
        row("sign-opt linf", SignOpt.standard(SignOpt.Kind.SIGN, 60).neighbours(30), LINF),
        row("opt l2", SignOpt.standard(SignOpt.Kind.VALUE, 60).neighbours(3), L2),
        row("rays linf", RayS.standard(50), LINF),
        row("surfree l2", SurFree.standard(60), L2),
        row("pointwise l0", Pointwise.standard(100), ThreatModel.l0(4)),
        row("pointwise l1", Pointwise.standard(100), L1),
        row("blended noise l2", Blend.of(Start.UNIFORM, 40), L2),
        row("gaussian ladder linf", Blend.of(Start.GAUSSIAN, 40), ThreatModel.linf(0.4)),
        row("salt and pepper l0", Blend.of(Start.SALT_AND_PEPPER, 40), ThreatModel.l0(8)),
        row("hopskipjump union", HopSkipJump.standard(40), ThreatModel.union(LINF, L2)));
  }

  private static AttackRow row(String name, DecisionAttack<?> attack, ThreatModel threat) {
    return new AttackRow(name, attack::restarts, threat);
  }
}
