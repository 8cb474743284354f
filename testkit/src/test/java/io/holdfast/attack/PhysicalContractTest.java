package io.holdfast.attack;

import io.holdfast.attack.gradient.Composed;
import io.holdfast.attack.gradient.Compression;
import io.holdfast.attack.gradient.FrankWolfe;
import io.holdfast.attack.gradient.Line;
import io.holdfast.attack.gradient.Mixing;
import io.holdfast.attack.gradient.Recipe;
import io.holdfast.attack.universal.AdversarialPatch;
import io.holdfast.attack.universal.Poses;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.Flow;
import io.holdfast.threat.Recolouring;
import io.holdfast.threat.SquarePatch;
import io.holdfast.threat.ThreatModel;
import io.holdfast.threat.Wasserstein;
import java.util.stream.Stream;

/** Attacks that survive being printed, moved, compressed. */
class PhysicalContractTest extends AttackContract {
  private static final ThreatModel PATCH = ThreatModel.of(new SquarePatch(5));

  private static final Poses TILTED = new Poses(10, 0.6, false);

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        new AttackRow(
            "adversarial patch",
            n -> AdversarialPatch.all(12).relativeStep(0.2).with(TILTED).tries(3),
            PATCH),
        new AttackRow(
            "eot patch",
            n -> AdversarialPatch.each(6).relativeStep(0.3).tries(2).restarts(n),
            PATCH),
        frankWolfe(ThreatModel.of(new Wasserstein(0.3, 3))),
        frankWolfe(ThreatModel.linf(0.1)).briefly(),
        frankWolfe(ThreatModel.l2(0.7)).briefly(),
        frankWolfe(ThreatModel.l1(4)).briefly(),
        frankWolfe(ThreatModel.of(new Flow(0.4, 3))).briefly(),
        frankWolfe(ThreatModel.of(new Recolouring(0.45, 8, 0))).briefly(),
        row(Line.ADMIX, Recipe.PLAIN.with(new Mixing(1, 0.2)), ThreatModel.linf(0.1)),
        row(Line.JPEG_PGD, Recipe.PLAIN.with(Compression.at(80)), ThreatModel.l2(0.7)));
  }

  private static AttackRow frankWolfe(ThreatModel threat) {
    FrankWolfe few = FrankWolfe.steps(4).randomStart(true);
    String name = few.name() + " " + threat.set().key();
    return new AttackRow(name, few::restarts, threat);
  }

  private static AttackRow row(Line line, Recipe cheap, ThreatModel threat) {
    return new AttackRow(line.name(), Composed.of(line).steps(4).with(cheap)::restarts, threat);
  }
}
