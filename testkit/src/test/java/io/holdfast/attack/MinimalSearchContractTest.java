package io.holdfast.attack;

import io.holdfast.attack.minimal.Alma;
import io.holdfast.attack.minimal.BrendelBethge;
import io.holdfast.attack.minimal.Jsma;
import io.holdfast.attack.minimal.Pdpgd;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/**
 * Further attacks that look for the smallest change, inside balls: along the boundary, with
 * multipliers, by saliency maps.
 */
class MinimalSearchContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.1);
  private static final ThreatModel L2 = ThreatModel.l2(0.7);
  private static final ThreatModel L1 = ThreatModel.l1(4);
  private static final ThreatModel L0 = ThreatModel.l0(8);

  @Override
  protected Stream<AttackRow> rows() {
    BrendelBethge along = BrendelBethge.SPEC.usual().steps(5).radius(0.05);
    Alma alma = Alma.SPEC.usual().steps(12).smoothing(0.5);
    Pdpgd game = Pdpgd.SPEC.usual().steps(12).rounds(1);
    return Stream.of(
        along(along, LINF),
        along(along, L2),
        along(along, L1),
        along(along, L0),
        row(alma.first(0.3), L2),
        row(alma.first(1.5), L1),
        row(game, LINF),
        row(game, L2),
        row(game.dualRate(0.3), L1),
        row(game.steps(25).dualRate(0.6), L0),
        row(Jsma.SPEC.usual(), L0));
  }

  private static AttackRow along(BrendelBethge few, ThreatModel threat) {
    return new AttackRow(few.name() + " " + threat.set().key(), few::restarts, threat);
  }

  private static AttackRow row(Attack attack, ThreatModel threat) {
    return new AttackRow(attack.name() + " " + threat.set().key(), n -> attack, threat);
  }
}
