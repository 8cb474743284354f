package io.holdfast.attack;

import io.holdfast.attack.gradient.Acg;
import io.holdfast.attack.gradient.Composed;
import io.holdfast.attack.gradient.Compression;
import io.holdfast.attack.gradient.FeatureAdversary;
import io.holdfast.attack.gradient.Jitter;
import io.holdfast.attack.gradient.Line;
import io.holdfast.attack.gradient.Mixing;
import io.holdfast.attack.gradient.Momentum;
import io.holdfast.attack.gradient.Neighbours;
import io.holdfast.attack.gradient.Patches;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.Recipe;
import io.holdfast.attack.gradient.Smoothing;
import io.holdfast.attack.gradient.Tpgd;
import io.holdfast.attack.gradient.Views;
import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;

/** One row per line of the gradient family, and some for parts in other balls. */
class GradientContractTest extends AttackContract {
  private static final ThreatModel LINF = ThreatModel.linf(0.1);
  private static final ThreatModel L2 = ThreatModel.l2(0.7);
  private static final ThreatModel L1 = ThreatModel.l1(4);
  private static final Neighbours FEW = new Neighbours(2, 1.5);

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        row(Line.BIM, LINF),
        row(Line.MOMENTUM_PGD, LINF),
        row(Line.NESTEROV_PGD, LINF),
        row(Line.ADAM_PGD, LINF),
        row(Line.ADAM_PGD, L2),
        row(Line.MT_PGD, LINF),
        row(Line.MT_PGD, L2).briefly(),
        row(Line.MT_PGD, L1).briefly(),
        row(Line.MI_FGSM, LINF),
        row(Line.MI_FGSM, L1),
        row(Line.NI_FGSM, LINF),
        row(Line.SI_NI_FGSM, LINF),
        row(Line.DI_FGSM, LINF),
        small(Line.TI_FGSM, LINF),
        few(Line.VMI_FGSM, LINF),
        few(Line.VNI_FGSM, LINF),
        row(Line.PI_FGSM, LINF),
        row(Line.COMPOSED, LINF),
        new AttackRow("everything at once, any iterate, eot", this::everything, LINF)
            .joined(), // images of others are mixed in
        new AttackRow(
            "composed union",
            n -> Composed.of(Line.MOMENTUM_PGD).steps(4).restarts(n),
            ThreatModel.union(LINF, L2)),
        new AttackRow("tpgd linf", n -> new Tpgd(5, StepSize.relative(0.25), n), LINF),
        new AttackRow("tpgd l2", n -> new Tpgd(5, StepSize.relative(0.25), n), L2).briefly(),
        new AttackRow("tpgd l1", n -> new Tpgd(3, StepSize.relative(0.25), n), L1).briefly(),
        new AttackRow("jitter linf, scale 5", n -> jitter(10, n), LINF),
        new AttackRow("jitter l2", n -> Jitter.standard().restarts(n), L2).briefly(),
        new AttackRow("jitter l1, scale 5", n -> jitter(4, n), L1).briefly(),
        feature(LINF),
        feature(L2).briefly(),
        feature(L1).briefly(),
        new AttackRow("acg linf", n -> Acg.standard().steps(6).restarts(n), LINF),
        new AttackRow("acg l2", n -> Acg.standard().steps(6).restarts(n), L2));
  }

  private static AttackRow row(Line line, ThreatModel threat) {
    Composed few = Composed.of(line).steps(4);
    return new AttackRow(few.name() + " " + threat.set().key(), few::restarts, threat);
  }

  /** With a kernel that suits images of eight pixels. */
  private static AttackRow small(Line line, ThreatModel threat) {
    Composed own = Composed.of(line).steps(4);
    Recipe recipe = own.recipe().with(new Smoothing(Smoothing.Kernel.GAUSSIAN, 3));
    return new AttackRow(own.name() + " " + threat.set().key(), own.with(recipe)::restarts, threat);
  }

  private static AttackRow few(Line line, ThreatModel threat) {
    Composed own = Composed.of(line).steps(3);
    Composed cheap = own.with(own.recipe().with(FEW));
    return new AttackRow(own.name() + " " + threat.set().key(), cheap::restarts, threat);
  }

  /** With logits scaled less, since at 10 few samples are led to a target. */
  private static Attack jitter(int steps, int restarts) {
    return new Jitter(steps, StepSize.standard(steps), restarts, 5, 0.1);
  }

  /** Its guides are other samples of the run. */
  private static AttackRow feature(ThreatModel threat) {
    String name = "feature " + threat.set().key();
    return new AttackRow(name, n -> FeatureAdversary.steps(8).restarts(n), threat).joined();
  }

  private Attack everything(int restarts) {
    Recipe all =
        new Recipe(
            Momentum.of(Momentum.Kind.NESTEROV),
            new Views(2, 0.3, 0.8),
            new Mixing(1, 0.1),
            Compression.at(90),
            new Smoothing(Smoothing.Kernel.LINEAR, 3),
            new Neighbours(1, 1),
            new Patches(2.5, 3));
    Pgd run = Pgd.steps(4).eot(2).restarts(restarts);
    return Composed.of(Line.COMPOSED).with(run).with(all);
  }
}
