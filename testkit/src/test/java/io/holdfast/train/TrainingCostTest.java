package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule.Friendly;
import io.holdfast.attack.SearchRule.MultiGrad;
import io.holdfast.common.InvalidInputException;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Flow;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.WeightPerturbation.Awp;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.adversarial.Iat;
import io.holdfast.train.objective.adversarial.Mma;
import io.holdfast.train.objective.adversarial.Msd;
import io.holdfast.train.objective.adversarial.UnionAverage;
import io.holdfast.train.objective.adversarial.UnionSampling;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.certified.SmoothAdv;
import io.holdfast.train.objective.distil.Ard;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What searches cost by objective, and what a governor and remedies make of that. */
class TrainingCostTest {
  private static final InnerMaximiser THREE = new InnerMaximiser(3, 0.5, Start.UNIFORM);
  private static final ThreatModel UNION = ThreatModel.union(Run.THREAT, ThreatModel.l2(1));

  private static TrainSettings of(Objective objective) {
    return new Run().settings(s -> s.objective(objective).steps(Curve.constant(3))).settings;
  }

  private static double none(double progress) {
    return 0 * progress;
  }

  private static double gradients(Objective objective, ThreatModel threat) {
    return TrainingCost.searching(of(objective), THREE, threat, 3, 0, 0);
  }

  @Test
  void gradientsOfTheSearchesAreThoseOfTheFormulas() {
    assertThat(gradients(new Standard(), Run.THREAT)).isZero();
    assertThat(gradients(new PgdAt(), Run.THREAT)).isEqualTo(3);
    assertThat(gradients(Trades.beta(6), Run.THREAT)).isEqualTo(3);
    assertThat(gradients(Iat.SPEC.usual(), Run.THREAT)).isEqualTo(6);
    assertThat(gradients(SmoothAdv.SPEC.usual(), Run.THREAT)).isEqualTo(12);
    assertThat(gradients(FastBat.SPEC.usual(), Run.THREAT)).isZero();
  }

  /** All members are searched one by one, but by MSD: one gradient, and a pass forward in each. */
  @Test
  void aUnionCostsAsManySearchesAsItHasMembers() {
    assertThat(gradients(new PgdAt(), UNION)).as("and compared").isEqualTo(6 + 2 / 2.0);
    assertThat(gradients(new UnionAverage(), UNION)).isEqualTo(6);
    assertThat(gradients(new Msd(), UNION)).isEqualTo(3 * (1 + 2 / 2.0));
    assertThat(gradients(new Msd(), Run.THREAT)).isEqualTo(3);
    assertThat(new Msd().passes(2, 0).forwardText()).isEqualTo("3 k + 1");
    assertThat(gradients(UnionSampling.SPEC.usual(), UNION)).isEqualTo(3);
    double one =
        TrainingCost.of(
                of(new UnionAverage()),
                THREE,
                Run.THREAT,
                10,
                96,
                2,
                TrainingCostTest::none,
                z -> 1)
            .backwardPasses();
    double two =
        TrainingCost.of(
                of(new UnionAverage()), THREE, UNION, 10, 96, 2, TrainingCostTest::none, z -> 1)
            .backwardPasses();
    assertThat(two).isEqualTo(2 * one).isEqualTo(2 * 192 * 4);
  }

  private static double fixed(TrainSettings settings, double progress) {
    return TrainingCost.fixed(settings, Run.THREAT, 10, progress);
  }

  /** A pass forward is half of a gradient, one back to all weights a whole one. */
  @Test
  void whatStepsCostBesideTheirSearchesIsThatOfTheFormulasToo() {
    assertThat(fixed(of(new Standard()), 0)).isEqualTo(1.5);
    assertThat(fixed(of(Trades.beta(6)), 0)).isEqualTo(3.5);
    assertThat(fixed(of(Ard.SPEC.usual()), 0)).as("with a teacher").isEqualTo(2);
    TrainSettings late =
        of(new PgdAt()).toBuilder().methods(Methods.NONE.with(new Awp(0.01, 0.5))).build();
    assertThat(fixed(late, 0.49)).isEqualTo(1.5);
    assertThat(fixed(late, 0.5)).isEqualTo(3);
    TrainSettings aligned =
        of(new PgdAt()).toBuilder().methods(Methods.NONE.withGradAlign(0.2)).build();
    assertThat(fixed(aligned, 0)).as("two gradients, and back through both").isEqualTo(1.5 + 1 + 6);
  }

  @Test
  void boundsCostNothingBeforeTheyBegin() {
    for (Objective bounds : List.of(Ibp.SPEC.usual(), MtlIbp.SPEC.usual())) {
      assertThat(fixed(of(bounds), 0.01)).as(bounds.name()).isEqualTo(1.5);
      assertThat(fixed(of(bounds), 0.03)).as(bounds.name()).isEqualTo(4.5);
    }
    assertThat(fixed(of(CrownIbp.SPEC.usual()), 0.01)).isEqualTo(1.5);
    assertThat(fixed(of(CrownIbp.SPEC.usual()), 0.2)).as("linear bounds").isEqualTo(4.5 + 15);
    assertThat(fixed(of(CrownIbp.SPEC.usual()), 0.5)).isEqualTo(4.5);
    assertThat(TrainingCost.searching(of(Sabr.SPEC.usual()), THREE, Run.THREAT, 3, 0, 0)).isZero();
    assertThat(TrainingCost.searching(of(Sabr.SPEC.usual()), THREE, Run.THREAT, 3, 0, 0.5))
        .isEqualTo(3);
  }

  @Test
  void cleanSamplesPointsAndSecondPassesCount() {
    InnerMaximiser points = new InnerMaximiser(1, 1, Start.CLEAN).by(new MultiGrad(3));
    TrainSettings plain = of(new PgdAt());
    assertThat(TrainingCost.searching(plain, points, Run.THREAT, 1, 0.25, 0)).isEqualTo(2.25);
    TrainSettings perturbed =
        plain.toBuilder().methods(Methods.NONE.with(new Awp(0.01, 0))).build();
    assertThat(TrainingCost.searching(perturbed, THREE, Run.THREAT, 3, 0, 0)).isEqualTo(3);
    TrainSettings late =
        plain.toBuilder().methods(Methods.NONE.with(new Awp(0.01, 0.5))).epochs(2).build();
    assertThat(
            TrainingCost.of(late, THREE, Run.THREAT, 10, 96, 2, TrainingCostTest::none, z -> 1)
                .backwardPasses())
        .isEqualTo(96 * (3 + 1) + 96 * (3 + 2));
    assertThat(
            TrainingCost.of(
                late,
                THREE,
                Run.THREAT,
                10,
                96,
                2,
                TrainingCostTest::none,
                z -> z < 0.5 ? 0.25 : 1))
        .isEqualTo(new TrainingCost(96 * 3 * 1.25, 96 * 4 * 0.25 + 96 * 5));
  }

  @Test
  void savedExamplesAreNotSearchedAroundAndFriendlySearchesPredictInEachStep() {
    TrainSettings plain = of(new PgdAt());
    double whole =
        TrainingCost.of(plain, THREE, Run.THREAT, 10, 96, 2, TrainingCostTest::none, z -> 1)
            .attackGradients();
    assertThat(
            TrainingCost.of(plain, THREE, Run.THREAT, 10, 96, 2, z -> 0.25, z -> 1)
                .attackGradients())
        .isEqualTo(0.75 * whole);
    assertThat(TrainingCost.unsearched(0.5, 0.5)).isEqualTo(0.75);
    InnerMaximiser friendly = THREE.by(new Friendly(1));
    assertThat(TrainingCost.searching(plain, friendly, Run.THREAT, 3, 0, 0)).isEqualTo(4.5);
  }

  /** What the experiment's search has found is kept for it; an objective's own search is not. */
  @Test
  void aSecondPassRepeatsSearchesOfTheObjectivesOwn() {
    Hybrid both =
        new Hybrid(List.of(new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(1, Cat.SPEC.usual())));
    Hybrid kept =
        new Hybrid(List.of(new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(1, Trades.beta(6))));
    assertThat(perturbed(Trades.beta(6))).isEqualTo(3);
    assertThat(perturbed(Cat.SPEC.usual())).isEqualTo(6);
    assertThat(perturbed(Iat.SPEC.usual())).as("one of two is its own").isEqualTo(9);
    TrainSettings settings =
        of(Iat.SPEC.usual()).toBuilder().methods(Methods.NONE.with(new Awp(0.01, 0))).build();
    assertThat(TrainingCost.searching(settings, THREE, UNION, 3, 0, 0))
        .as("six searches of three steps, each compared")
        .isEqualTo(18 + 6 / 2.0);
    assertThat(perturbed(both)).isEqualTo(9);
    assertThat(perturbed(kept)).isEqualTo(6);
  }

  private static double perturbed(Objective objective) {
    TrainSettings settings =
        of(objective).toBuilder().methods(Methods.NONE.with(new Awp(0.01, 0))).build();
    return TrainingCost.searching(settings, THREE, Run.THREAT, 3, 0, 0);
  }

  private static List<Ladder.Rung> rungs(TrainSettings settings) {
    return Ladder.of(settings, new LookCosts(0, false, 0, 1, 0), false).rungs();
  }

  @Test
  void whatHasNoStepsOfItsOwnIsNotCheapened() {
    assertThat(rungs(of(new PgdAt())).size()).isGreaterThan(3);
    assertThat(rungs(of(FastBat.SPEC.usual()))).hasSize(1);
    TrainSettings free = of(new PgdAt()).toBuilder().steps(Curve.constant(0)).build();
    assertThat(rungs(free)).hasSize(1);
  }

  @Test
  void remediesThatWouldChangeNothingOrBreakARuleDoNotApply() {
    Adversary once = new Adversary(new InnerMaximiser(1, 1, Start.CLEAN), 0);
    assertThat(applies(Remedy.MORE_STEPS, new PgdAt(), once)).isTrue();
    assertThat(applies(Remedy.MORE_STEPS, FastBat.SPEC.usual(), once)).isFalse();
    assertThat(applies(Remedy.N_FGSM, new PgdAt(), once)).isTrue();
    assertThat(applies(Remedy.N_FGSM, Mma.SPEC.usual(), once)).isFalse();
    assertThat(applies(Remedy.GRAD_ALIGN, FastBat.SPEC.usual(), once)).isTrue();
  }

  private static boolean applies(Remedy remedy, Objective objective, Adversary search) {
    Run run = new Run().settings(s -> s.objective(objective));
    try (Network network = run.network();
        Workers pool = Workers.of(1)) {
      return remedy.applies(search, run.job(network, pool));
    }
  }

  @Test
  void objectivesThatScaleBallsTakeBallsAlone() {
    ThreatModel flow = ThreatModel.of(new Flow(2, 7));
    for (Objective objective : List.of(Mma.SPEC.usual(), Cat.SPEC.usual(), new Msd())) {
      Run run = new Run().settings(s -> s.objective(objective)).with(r -> r.threat = flow);
      assertThatThrownBy(run::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a ball, or a union of balls, for " + objective.name());
    }
    ThreatModel few = ThreatModel.union(Run.THREAT, ThreatModel.l0(9)).within(0, 1);
    for (Objective objective : List.of(Mma.SPEC.usual(), Cat.SPEC.usual())) {
      Run run = new Run().settings(s -> s.objective(objective)).with(r -> r.threat = few);
      assertThatThrownBy(run::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("balls of a norm for " + objective.name() + ", not l0");
    }
  }
}
