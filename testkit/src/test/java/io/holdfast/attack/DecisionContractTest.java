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
        row("sign-opt linf", SignOpt.standard(SignOpt.Kind.SIGN, 60).neighbours(30), LINF)
            .briefly(),
        row("opt l2", SignOpt.standard(SignOpt.Kind.VALUE, 60).neighbours(3), L2),
        row(
                "opt linf",
                SignOpt.standard(SignOpt.Kind.VALUE, 60).neighbours(2),
                ThreatModel.linf(0.25))
            .briefly(),
        row("rays linf", RayS.standard(50), LINF),
        row("surfree l2", SurFree.standard(60), L2),
        row("pointwise l0", Pointwise.standard(100), ThreatModel.l0(4)),
        row("pointwise l1", Pointwise.standard(100), L1),
        row("pointwise l2", Pointwise.standard(40), ThreatModel.l2(2)).briefly(),
        blend(Start.UNIFORM, L2),
        blend(Start.GAUSSIAN, ThreatModel.linf(0.4)),
        blend(Start.SALT_AND_PEPPER, ThreatModel.l0(8)),
        blend(Start.IMAGES, L1),
        row("hopskipjump union", HopSkipJump.standard(40), ThreatModel.union(LINF, L2)));
  }

  /** Alone, a sample has no other image to be blended with. */
  private static AttackRow blend(Start start, ThreatModel threat) {
    Blend blend = Blend.of(start, 40);
    String name = blend.name() + " " + threat.set().key();
    AttackRow row = new AttackRow(name, blend::restarts, threat);
    return start == Start.IMAGES ? row.joined() : row;
  }

  private static AttackRow row(String name, DecisionAttack<?> attack, ThreatModel threat) {
    return new AttackRow(name, attack::restarts, threat);
  }
}
