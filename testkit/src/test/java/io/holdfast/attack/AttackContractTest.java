package io.holdfast.attack;

import io.holdfast.attack.blackbox.Square;
import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.RandomFgsm;
import io.holdfast.attack.minimal.Fab;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/** One row per attack and kind of set. */
class AttackContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.1);
  private static final ThreatModel L2 = ThreatModel.l2(0.7);
  private static final ThreatModel L1 = ThreatModel.l1(4);

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        new AttackRow("fgsm linf", n -> Fgsm.standard(), LINF),
        new AttackRow("fgsm l2", n -> Fgsm.standard(), L2),
        new AttackRow("fgsm l1", n -> Fgsm.standard(), L1),
        randomFgsm(LINF),
        randomFgsm(L2),
        randomFgsm(L1),
        new AttackRow("pgd linf", n -> Pgd.steps(5).restarts(n), LINF),
        new AttackRow("pgd l2 cw", n -> Pgd.steps(5).loss(Losses.CW).restarts(n), L2),
        new AttackRow("pgd l1 dlr", n -> Pgd.steps(8).loss(Losses.DLR).restarts(n), L1),
        new AttackRow(
            "pgd all targets",
            n -> Pgd.steps(4).loss(Losses.DLR).targeting(Targeting.ALL).restarts(n),
            LINF),
        new AttackRow(
            "pgd last iterate, eot",
            n -> Pgd.steps(4).eot(2).track(Pgd.Track.LAST).restarts(n),
            LINF),
        new AttackRow("pgd union", n -> Pgd.steps(4).restarts(n), ThreatModel.union(LINF, L2)),
        new AttackRow(
            "pgd rotation-translation",
            n -> Pgd.steps(5).restarts(n),
            ThreatModel.of(new RotationTranslation(8, 0.05))),
        new AttackRow("pgd l0", n -> Pgd.steps(3).restarts(n), ThreatModel.l0(3)).briefly(),
        apgd(Apgd.Kind.CE, LINF),
        apgd(Apgd.Kind.CE, L2),
        apgd(Apgd.Kind.CE, L1),
        apgd(Apgd.Kind.DLR, LINF),
        apgd(Apgd.Kind.DLR, L2),
        new AttackRow(
            "apgd-DLR l1 in one ball",
            n -> Apgd.of(Apgd.Kind.DLR).steps(6).restarts(n).shrink(false),
            L1),
        apgd(Apgd.Kind.T, LINF),
        apgd(Apgd.Kind.T, L2),
        apgd(Apgd.Kind.T, L1),
        new AttackRow(
            "apgd-ce union, eot",
            n -> Apgd.of(Apgd.Kind.CE).steps(4).eot(2).restarts(n),
            ThreatModel.union(LINF, L1)),
        new AttackRow("square linf", n -> Square.queries(60).restarts(n), LINF),
        new AttackRow("square l2", n -> Square.queries(60).restarts(n), L2),
        new AttackRow("square l1", n -> Square.queries(60).restarts(n), L1),
        new AttackRow(
            "square union", n -> Square.queries(30).restarts(n), ThreatModel.union(LINF, L2)),
        fab(Fab.Kind.ALL, LINF),
        fab(Fab.Kind.ALL, L2),
        fab(Fab.Kind.ALL, L1),
        fab(Fab.Kind.TARGETED, LINF),
        fab(Fab.Kind.TARGETED, L2),
        fab(Fab.Kind.TARGETED, L1),
        new AttackRow(
            "fab union",
            n -> Fab.of(Fab.Kind.ALL).steps(8).restarts(n),
            ThreatModel.union(LINF, L1)),
        new AttackRow(
            "uniform noise",
            n -> new RandomNoise(RandomNoise.Kind.UNIFORM, n),
            ThreatModel.linf(0.5)),
        gaussian(ThreatModel.linf(0.4)),
        gaussian(ThreatModel.l2(3)).briefly(),
        gaussian(ThreatModel.l1(24)).briefly());
  }

  private static AttackRow gaussian(ThreatModel threat) {
    String name = "gaussian noise " + threat.set().key();
    return new AttackRow(name, n -> new RandomNoise(RandomNoise.Kind.GAUSSIAN, n), threat);
  }

  private static AttackRow randomFgsm(ThreatModel threat) {
    String name = "r-fgsm " + threat.set().key();
    return new AttackRow(name, n -> new RandomFgsm(RandomFgsm.STEP, n, Losses.CE), threat);
  }

  private static AttackRow apgd(Apgd.Kind kind, ThreatModel threat) {
    String name = "apgd-" + kind + " " + threat.set().key();
    return new AttackRow(name, n -> Apgd.of(kind).steps(6).restarts(n), threat);
  }

  private static AttackRow fab(Fab.Kind kind, ThreatModel threat) {
    String name = Fab.of(kind).name() + " " + threat.set().key();
    return new AttackRow(name, n -> Fab.of(kind).steps(15).restarts(n), threat);
  }
}
