package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InnerMaximiserTest {
  private static final ThreatModel THREAT = ThreatModel.linf(0.1);
  private static final LinearModel MODEL = new LinearModel(2, 0, 1, 1, 0);
  private static final List<Seed> SEEDS =
      LongStream.range(0, 3).mapToObj(new Seed(5)::split).toList();

  private static Tensor inputs() {
    return Tensors.of(new float[] {0.9f, 0.2f, 0.3f, 0.8f, 0.5f, 0.5f}, 3, 2);
  }

  /** The second sample is misclassified from the start and is perturbed as far as the others. */
  @Test
  void perturbsEverySampleAlsoTheMisclassified() {
    try (Scope scope = Scope.open();
        InputGradients gradients = MODEL.gradients(Precision.FLOAT32)) {
      Reference labels = Reference.labels(Tensors.of(new long[] {1, 1, 1}, 3));
      Tensor x = inputs();
      Tensor end =
          Pgd.steps(10).inner(THREAT).maximise(gradients, Losses.CE, THREAT, x, labels, SEEDS);
      assertThat(end.sub(x).sub(Tensors.of(new float[] {-0.1f, 0.1f}, 1, 2)).abs().max().item())
          .isLessThan(1e-6);
      assertThat(x.sameAs(inputs())).isTrue();
    }
  }

  @Test
  void stepsScaleWithTheEpsilonOfTheCall() {
    try (Scope scope = Scope.open();
        InputGradients gradients = MODEL.gradients(Precision.FLOAT32)) {
      Reference labels = Reference.labels(Tensors.of(new long[] {1, 1, 1}, 3));
      InnerMaximiser one = Pgd.steps(1).stepSize(0.025).randomStart(false).inner(THREAT);
      ThreatModel half = THREAT.withEpsilon(0.05);
      Tensor moved =
          one.maximise(gradients, Losses.CE, half, inputs(), labels, SEEDS).sub(inputs()).abs();
      assertThat(moved.max().item()).isCloseTo(0.0125, org.assertj.core.data.Offset.offset(1e-6));
      ThreatModel none = THREAT.withEpsilon(0);
      Tensor still = one.maximise(gradients, Losses.CE, none, inputs(), labels, SEEDS);
      assertThat(still.sameAs(inputs())).isTrue();
    }
  }

  @Test
  void anAbsoluteStepHasItsLengthInEveryMemberOfAUnion() {
    ThreatModel union = ThreatModel.union(ThreatModel.l2(1), ThreatModel.linf(0.1));
    InnerMaximiser one = Pgd.steps(1).stepSize(0.02).randomStart(false).inner(union);
    assertThat(one.fractions()).containsExactly(0.02, 0.02 / 0.1);
    try (Scope scope = Scope.open();
        InputGradients gradients = MODEL.gradients(Precision.FLOAT32)) {
      Reference labels = Reference.labels(Tensors.of(new long[] {1, 1, 1}, 3));
      Tensor moved =
          one.maximise(gradients, Losses.CE, union, inputs(), labels, SEEDS).sub(inputs()).abs();
      // Of equally long steps the one along the signs is the stronger.
      assertThat(moved.max().item()).isCloseTo(0.02, org.assertj.core.data.Offset.offset(1e-6));
    }
  }

  /** In bfloat16 a start that is near enough gives the logits of the clean input. */
  @Test
  void aSampleThatHasNoSlopeYetGoesOnInTheDirectionOfItsStart() {
    try (Scope scope = Scope.open()) {
      Tensor x = inputs();
      Tensor clean = Nn.softmax(new Rounding(MODEL).logits(x), 1);
      Reference reference = Reference.probabilities(Tensors.of(new long[] {1, 1, 1}, 3), clean);
      InnerMaximiser trades = new InnerMaximiser(3, 0.25, Start.SMALL_NORMAL);
      try (InputGradients coarse = new Rounding(MODEL)) {
        Tensor start = trades.withSteps(0).maximise(coarse, Losses.KL, THREAT, x, reference, SEEDS);
        Tensor once = trades.withSteps(1).maximise(coarse, Losses.KL, THREAT, x, reference, SEEDS);
        Tensor along = start.sub(x).sign().mul(0.025); // [N, D]
        assertThat(once.sub(start).sub(along).abs().max().item()).isLessThan(1e-6);
        Tensor end = trades.maximise(coarse, Losses.KL, THREAT, x, reference, SEEDS);
        assertThat(end.sub(x).abs().min().item()).isGreaterThan(0.05);
      }
    }
  }

  /** Logits in steps of a twentieth, with the slopes of the exact ones. */
  private record Rounding(LinearModel model) implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      Tensor z = logits(x);
      try (InputGradients exact = model.gradients(Precision.FLOAT32)) {
        return new Pass(z, exact.pass(x, same -> cotangent.apply(z)).gradient());
      }
    }

    @Override
    public Tensor logits(Tensor x) {
      return model.logits(x).mul(20).round().div(20);
    }

    @Override
    public void close() {}
  }

  /** TRADES: the divergence has no slope at the clean input, so the start must leave it. */
  @Test
  void theSmallNormalStartLetsTheDivergenceGrow() {
    try (Scope scope = Scope.open();
        InputGradients gradients = MODEL.gradients(Precision.FLOAT32)) {
      Tensor x = inputs();
      Tensor clean = Nn.softmax(MODEL.logits(x), 1);
      Reference reference = Reference.probabilities(Tensors.of(new long[] {1, 1, 1}, 3), clean);
      InnerMaximiser trades = new InnerMaximiser(7, 0.25, Start.SMALL_NORMAL);
      Tensor start =
          trades.withSteps(0).maximise(gradients, Losses.KL, THREAT, x, reference, SEEDS);
      assertThat(start.sub(x).abs().max().item()).isBetween(1e-5, 0.005);
      Tensor end = trades.maximise(gradients, Losses.KL, THREAT, x, reference, SEEDS);
      double before = Losses.KL.value(MODEL.logits(start), reference).min().item();
      double after = Losses.KL.value(MODEL.logits(end), reference).min().item();
      assertThat(after).isGreaterThan(before + 1e-4);
    }
  }

  @Test
  void ofAUnionEachSampleGetsTheWorstMember() {
    ThreatModel small = ThreatModel.l2(0.01);
    try (Scope scope = Scope.open();
        InputGradients gradients = MODEL.gradients(Precision.FLOAT32)) {
      Reference labels = Reference.labels(Tensors.of(new long[] {1, 1, 1}, 3));
      InnerMaximiser pgd = Pgd.steps(10).inner(THREAT);
      Tensor union =
          pgd.maximise(
              gradients, Losses.CE, ThreatModel.union(small, THREAT), inputs(), labels, SEEDS);
      Tensor strongest = pgd.maximise(gradients, Losses.CE, THREAT, inputs(), labels, SEEDS);
      assertThat(union.sameAs(strongest)).isTrue();
    }
  }

  @Test
  void aDivergedModelIsReported() {
    LinearModel broken = new LinearModel(2, 0, Float.NaN, 1, 0);
    try (Scope scope = Scope.open();
        InputGradients gradients = broken.gradients(Precision.FLOAT32)) {
      Reference labels = Reference.labels(Tensors.of(new long[] {1, 1, 1}, 3));
      InnerMaximiser pgd = Pgd.steps(2).inner(THREAT);
      assertThatThrownBy(() -> pgd.maximise(gradients, Losses.CE, THREAT, inputs(), labels, SEEDS))
          .hasMessageContaining("not finite")
          .hasMessageContaining("diverged");
    }
  }

  @Test
  void theStartOfASampleDependsOnItsOwnSeedAlone() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(1)).uniform(0.2, 0.8, 3, 2);
      Tensor all = THREAT.around(x).randomStart(SEEDS);
      Tensor last = THREAT.around(x.slice(0, 2, 3)).randomStart(SEEDS.subList(2, 3));
      assertThat(last.sameAs(all.slice(0, 2, 3))).isTrue();
    }
  }
}
