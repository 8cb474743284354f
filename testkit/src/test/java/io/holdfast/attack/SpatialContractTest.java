package io.holdfast.attack;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.SmoothField;
import io.holdfast.attack.spatial.RotationGrid;
import io.holdfast.attack.universal.Universal;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.Flow;
import io.holdfast.threat.Recolouring;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import io.holdfast.threat.Wasserstein;
import java.util.stream.Stream;

class SpatialContractTest extends AttackContract {
  private static final String SGA =
      "uap[rule=sga,steps=4,inner_batch=50,iterations=2,relative_step=0.4]";

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        new AttackRow(
            "rotation-grid",
            n -> new RotationGrid(5, 3),
            ThreatModel.of(new RotationTranslation(12, 0.06))),
        smooth(SmoothField.Medium.FLOW, ThreatModel.of(new Flow(0.4, 3))),
        smooth(SmoothField.Medium.COLOUR, ThreatModel.of(new Recolouring(0.45, 8, 0))),
        new AttackRow("uap linf", n -> Universal.steps(8), ThreatModel.linf(0.2)),
        new AttackRow("uap l2", n -> Universal.steps(8), ThreatModel.l2(1.5)),
        new AttackRow("uap l1", n -> Universal.steps(8), ThreatModel.l1(9)),
        new AttackRow("uap sga", n -> Attacks.parse(SGA), ThreatModel.linf(0.2)),
        new AttackRow("pgd flow", n -> Pgd.steps(6).restarts(n), ThreatModel.of(new Flow(0.4, 3))),
        new AttackRow(
                "pgd wasserstein",
                n -> Pgd.steps(2).restarts(n),
                ThreatModel.of(new Wasserstein(0.3, 3)))
            .briefly(),
        new AttackRow(
            "pgd recolour",
            n -> Pgd.steps(6).restarts(n),
            ThreatModel.of(new Recolouring(0.45, 8, 0))));
  }

  private static AttackRow smooth(SmoothField.Medium medium, ThreatModel threat) {
    SmoothField few = SmoothField.of(medium, 6);
    return new AttackRow(few.name(), few::restarts, threat);
  }
}
