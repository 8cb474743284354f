package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.Tpgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.model.EnsembleClassifier;
import io.holdfast.model.EnsembleClassifier.Fusion;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TransferClassifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Searches on surrogates, verdicts by the model. */
class TransferTest {
  /** Class 1 where the first feature is above the second. */
  private static final LinearModel SURROGATE = new LinearModel(2, 0, 1, 1, 0);

  /** Margins 0.05, 0.15 and 0.5 towards class 1. */
  private static final float[] POINTS = {0.525f, 0.475f, 0.575f, 0.425f, 0.75f, 0.25f};

  private static final ThreatModel BLIND = ThreatModel.linf(0.1).knowing(Knowledge.DECISION);

  /**
   * As the surrogate, but says no more than the class and has no gradients; counts what it sees.
   */
  private static final class BlackBox implements Classifier {
    private final AtomicLong seen = new AtomicLong();

    @Override
    public int classes() {
      return 2;
    }

    @Override
    public long[] inputShape() {
      return new long[] {2};
    }

    @Override
    public Tensor logits(Tensor x) {
      seen.addAndGet(x.size(0));
      return Nn.oneHot(SURROGATE.logits(x).argmax(1), 2);
    }

    @Override
    public boolean differentiable() {
      return false;
    }
  }

  /** However sure the members are: a mean of probabilities that rounds to 1 has no slope. */
  @Test
  void sureSurrogatesStillHaveASlope() {
    LinearModel sure = new LinearModel(2, 0, 200, 200, 0);
    EnsembleClassifier both = new EnsembleClassifier(List.of(sure, sure), Fusion.PROBABILITIES);
    try (Scope scope = Scope.open();
        InputGradients gradients = both.gradients(Precision.FLOAT32)) {
      Tensor x = Tensors.of(new float[] {0.2f, 0.4f}, 1, 2); // 40 apart
      Reference label = Reference.labels(Tensors.of(new long[] {0}, 1));
      Tensor gradient = gradients.pass(x, z -> Losses.CE.cotangent(z, label)).gradient();
      assertThat(gradient.abs().max().item()).isPositive();
    }
  }

  private static AttackResult run(Classifier model, Attack attack, ThreatModel threat) {
    try (Workers workers = Workers.of(1)) {
      Tensor x = Tensors.of(POINTS, 3, 2);
      AttackDriver driver = new AttackDriver(model, threat, workers);
      return driver.run(attack, x, new int[] {1, 1, 1}, new long[] {7, 8, 9}, new Seed(1));
    }
  }

  @Test
  void aBlackBoxFallsByWayOfASurrogate() {
    BlackBox box = new BlackBox();
    try (Scope scope = Scope.open()) {
      AttackResult result =
          run(
              new TransferClassifier(box, SURROGATE),
              Pgd.steps(10).track(Pgd.Track.LAST),
              BLIND.queries(1));
      assertThat(result.samples())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.FELL, Outcome.HELD);
      for (AttackResult.Sample sample : result.samples()) {
        assertThat(sample.queries()).as("the last point alone is tried").isEqualTo(1);
        assertThat(sample.gradients()).isEqualTo(10);
        assertThat(sample.checks()).isEqualTo(2);
      }
      assertThat(box.seen).hasValue(6);
    }
  }

  @Test
  void aPointThatIsTriedOnTheModelIsAQuery() {
    BlackBox box = new BlackBox();
    try (Scope scope = Scope.open()) {
      AttackResult result = run(new TransferClassifier(box, SURROGATE), Pgd.steps(10), BLIND);
      assertThat(result.held()).isEqualTo(1);
      assertThat(result.samples())
          .extracting(AttackResult.Sample::queries)
          .as("two confirmed on the way, the last point of the third")
          .containsExactly(1L, 1L, 1L);
      long checks = result.samples().stream().mapToLong(AttackResult.Sample::checks).sum();
      assertThat(box.seen).as("each confirmation is a check and a query").hasValue(checks);
    }
  }

  @Test
  void theLastPointOfARoundIsTriedWithinTheBudget() {
    BlackBox box = new BlackBox();
    try (Scope scope = Scope.open()) {
      AttackResult result =
          run(
              new TransferClassifier(box, SURROGATE),
              Pgd.steps(10).track(Pgd.Track.LAST).restarts(50),
              BLIND.queries(3));
      assertThat(result.samples())
          .extracting(AttackResult.Sample::queries)
          .containsExactly(1L, 1L, 3L);
      assertThat(result.samples().get(2).outcome()).isEqualTo(Outcome.HELD);
      assertThat(box.seen).as("three clean inputs and five points").hasValue(8);
    }
  }

  /** Confirmations of the smallest change are queries too. */
  @Test
  void theSmallestChangeIsConfirmedWithinTheBudget() {
    ThreatModel smallest = ThreatModel.smallest(Norm.L2).knowing(Knowledge.DECISION);
    LinearModel stubborn = new LinearModel(2, 0, 0.001f, 1, 0.9f);
    try (Scope scope = Scope.open()) {
      for (int budget : new int[] {1, 2, 4}) {
        AttackResult result =
            run(
                new TransferClassifier(stubborn, SURROGATE),
                Attacks.parse("fmn[steps=20]"),
                smallest.queries(budget));
        for (AttackResult.Sample sample : result.samples()) {
          assertThat(sample.queries()).isBetween(1L, (long) budget);
          assertThat(sample.checks()).isEqualTo(1 + sample.queries());
        }
      }
    }
  }

  @Test
  void everyPointOfRandomNoiseIsAQuery() {
    BlackBox box = new BlackBox();
    try (Scope scope = Scope.open()) {
      ThreatModel threat = ThreatModel.linf(0.01).knowing(Knowledge.DECISION).queries(5);
      AttackResult result = run(box, Attacks.parse("uniform-noise[restarts=50]"), threat);
      assertThat(result.held()).isEqualTo(3);
      for (AttackResult.Sample sample : result.samples()) {
        assertThat(sample.queries()).isEqualTo(5);
        assertThat(sample.checks()).isEqualTo(1 + 5);
      }
      assertThat(box.seen).as("the clean inputs and five points each").hasValue(3 * (1 + 5));
    }
  }

  /** A surrogate that is wrong about the model: all its points are tried, within the budget. */
  @Test
  void triesEndWithTheBudget() {
    LinearModel stubborn = new LinearModel(2, 0, 0.001f, 1, 0.9f);
    try (Scope scope = Scope.open()) {
      AttackResult result =
          run(new TransferClassifier(stubborn, SURROGATE), Pgd.steps(10), BLIND.queries(3));
      assertThat(result.samples().get(0).outcome()).isEqualTo(Outcome.HELD);
      assertThat(result.samples().get(0).queries()).isEqualTo(3);
    }
  }

  @Test
  void aBlackBoxAloneIsStillRefused() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> run(new BlackBox(), Pgd.steps(3), BLIND))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("knowledge")
          .hasMessageContaining("input gradients");
      Attack all = Pgd.steps(3).targeting(Targeting.ALL);
      Classifier transfer = new TransferClassifier(new BlackBox(), SURROGATE);
      assertThatThrownBy(() -> run(transfer, all, BLIND))
          .as("the order of targets is read from scores")
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("score");
      assertThat(run(transfer, all, BLIND.knowing(Knowledge.SCORE)).held()).isEqualTo(1);
    }
  }

  /** The black box's answers are one-hot; the divergence is from what the surrogate says. */
  @Test
  void divergenceIsTheSurrogates() {
    try (Scope scope = Scope.open()) {
      Attack tpgd = new Tpgd(20, StepSize.relative(0.25), 1);
      Classifier transfer = new TransferClassifier(new BlackBox(), SURROGATE);
      AttackResult white = run(SURROGATE, tpgd, ThreatModel.linf(0.1));
      AttackResult black = run(transfer, tpgd, BLIND);
      assertThat(black.adversarial().sameAs(white.adversarial())).isTrue();
    }
  }

  @Test
  void modelsThatDoNotGoTogetherAreRefused() {
    assertThatThrownBy(() -> new TransferClassifier(SURROGATE, new LinearModel(3, 1, 2, 3)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("2 classes")
        .hasMessageContaining("[2]");
    LinearModel other = new LinearModel(3, 1, 2, 3);
    assertThatThrownBy(() -> new EnsembleClassifier(List.of(SURROGATE, other), Fusion.LOGITS))
        .hasMessageContaining("3 classes")
        .hasMessageContaining("[1]");
    assertThatThrownBy(() -> new EnsembleClassifier(List.of(), Fusion.LOGITS))
        .hasMessageContaining("at least one");
  }

  @Test
  void anEnsembleFusesLogitsProbabilitiesOrLosses() {
    LinearModel a = new LinearModel(2, 0, 1, 1, 0);
    LinearModel b = new LinearModel(2, 3, 0, 0, 5);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(POINTS, 3, 2);
      Reference r = Reference.labels(Tensors.of(new long[] {1, 1, 0}, 3));
      Tensor za = a.logits(x);
      Tensor zb = b.logits(x);
      requireClose(
          new EnsembleClassifier(List.of(a, b), Fusion.LOGITS).logits(x), za.add(zb).mul(0.5));
      requireClose(
          Nn.softmax(new EnsembleClassifier(List.of(a, b), Fusion.PROBABILITIES).logits(x), 1),
          Nn.softmax(za, 1).add(Nn.softmax(zb, 1)).mul(0.5));
      requireClose(
          slope(new EnsembleClassifier(List.of(a, b), Fusion.LOSSES), x, r),
          slope(a, x, r).add(slope(b, x, r)).mul(0.5));
    }
  }

  private static Tensor slope(Classifier model, Tensor x, Reference r) {
    try (InputGradients source = model.gradients(Precision.FLOAT32)) {
      return source.pass(x, z -> Losses.CE.cotangent(z, r)).gradient();
    }
  }

  private static void requireClose(Tensor a, Tensor b) {
    assertThat(a.sub(b).abs().max().item()).isLessThan(1e-6);
  }
}
