package io.holdfast.attack;

import io.holdfast.attack.blackbox.Bandits;
import io.holdfast.attack.blackbox.GenAttack;
import io.holdfast.attack.blackbox.Nes;
import io.holdfast.attack.blackbox.OnePixel;
import io.holdfast.attack.blackbox.Pixle;
import io.holdfast.attack.blackbox.Simba;
import io.holdfast.attack.blackbox.SparseRs;
import io.holdfast.attack.blackbox.Spsa;
import io.holdfast.attack.blackbox.Zoo;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.Frame;
import io.holdfast.threat.PixelChanges;
import io.holdfast.threat.SquarePatch;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/** The attacks by scores, and the sets of pixels. */
class ScoreContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.1);
  private static final StepSize STEP = StepSize.relative(0.4);
  private static final ThreatModel L2 = ThreatModel.l2(0.7);
  private static final ThreatModel PIXELS = ThreatModel.of(new PixelChanges(3));
  private static final ThreatModel PATCH = ThreatModel.of(new SquarePatch(3));
  private static final ThreatModel FRAME = ThreatModel.of(new Frame(1));

  @Override
  protected Stream<AttackRow> rows() {
    Nes nes = Nes.SPEC.usual().queries(84).samples(20).stepSize(STEP);
    Spsa spsa = Spsa.SPEC.usual().queries(84).samples(20).rate(0.04);
    Zoo zoo = Zoo.SPEC.usual().queries(650).searches(2).coordinates(32).rate(0.1);
    Simba simba = Simba.SPEC.usual().queries(50);
    OnePixel one = OnePixel.SPEC.usual().population(8).queries(60);
    return Stream.of(
        new AttackRow("nes linf", nes::restarts, LINF),
        new AttackRow("nes l2", nes::restarts, L2),
        new AttackRow("spsa linf", spsa::restarts, LINF),
        new AttackRow("spsa l2", spsa::restarts, L2).briefly(),
        new AttackRow("bandits linf", Bandits.queries(60)::restarts, LINF),
        new AttackRow("bandits l2", Bandits.queries(60)::restarts, L2),
        new AttackRow("zoo l2", zoo::restarts, L2),
        new AttackRow("zoo l2 in a small space", zoo.space(2).importance(true)::restarts, L2),
        new AttackRow("simba linf", simba::restarts, LINF),
        new AttackRow("simba dct l2", simba.basis(Simba.Basis.DCT)::restarts, L2),
        new AttackRow("genattack linf", GenAttack.SPEC.usual().queries(60)::restarts, LINF),
        new AttackRow("one-pixel", one::restarts, PIXELS),
        new AttackRow("pixle", Pixle.SPEC.usual().queries(60)::restarts, PIXELS),
        new AttackRow("sparse-rs pixels", SparseRs.queries(30)::restarts, PIXELS),
        new AttackRow("sparse-rs patch", SparseRs.queries(30)::restarts, PATCH),
        new AttackRow("sparse-rs frame", SparseRs.queries(8)::restarts, FRAME),
        new AttackRow(
            "sparse-rs union",
            SparseRs.queries(20)::restarts,
            ThreatModel.union(PIXELS, ThreatModel.of(new SquarePatch(2)))),
        new AttackRow("pgd pixels", n -> Pgd.steps(5).restarts(n), PIXELS),
        new AttackRow("pgd patch", n -> Pgd.steps(5).restarts(n), PATCH),
        new AttackRow("pgd frame", n -> Pgd.steps(2).restarts(n), FRAME).briefly());
  }
}
