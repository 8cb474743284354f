package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.one;
import static io.holdfast.train.objective.TwinCase.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.certified.Macer;
import io.holdfast.train.objective.certified.SmoothAdv;
import io.holdfast.train.objective.consistency.FeaturePairing;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Settings at which an objective is a simpler one, or can be computed by hand. */
@ExtendWith(LeakCheck.class)
class SpecialCasesTest {
  private static final TwinCase CASE = TwinCase.random(8);
  private static final double SIGMA = 0.25;
  private static final InnerMaximiser SEARCH = new InnerMaximiser(3, 0.4, Start.UNIFORM);
  private static final InnerMaximiser NO_STEPS = new InnerMaximiser(0, 0.4, Start.CLEAN);

  /**
   * What an objective gives.
   *
   * @param losses {@code [N]}
   * @param slopes of their sum, by all weights
   * @param found by its searches, {@code [N, IN]} each
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Outcome(double[] losses, double[] slopes, List<double[]> found) {}

  /** On the case's network, its logits times a factor, without label smoothing. */
  private static Outcome outcome(Objective objective, InnerMaximiser inner, double factor) {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(CASE.a(), TwinCase.IN, TwinCase.HIDDEN).asLeaf();
      Tensor b = Tensors.of(CASE.b(), TwinCase.HIDDEN, K).asLeaf();
      TwinShard twin = new TwinShard(CASE, a, b.mul(factor), 0.9, TwinShard.THREAT, false);
      OpenShard shard =
          new OpenShard(twin, twin::logits, inner, OpenShard.ALL) {
            @Override
            public double labelSmoothing() {
              return 0;
            }
          };
      Tensor losses = objective.loss(shard).perSample();
      double[] slopes =
          Autograd.grad(losses.sum(), List.of(a, b), false).stream()
              .flatMapToDouble(g -> DoubleStream.of(g.toDoubles()))
              .toArray();
      return new Outcome(losses.toDoubles(), slopes, List.copyOf(shard.found()));
    }
  }

  private static void assertAlike(Outcome one, Outcome other) {
    assertThat(one.losses()).containsExactly(other.losses(), within(1e-9));
    assertThat(one.slopes()).containsExactly(other.slopes(), within(1e-9));
  }

  @Test
  void catAtTheWholeRadiusAtOnceWithoutSoftLabelsIsPgdAt() {
    Outcome cat = outcome(new Cat(1, 0, 1), SEARCH, 1);
    Outcome pgd = outcome(new PgdAt(), SEARCH, 1);
    assertAlike(cat, pgd);
    assertThat(cat.found().get(0)).containsExactly(pgd.found().get(0), within(1e-9));
  }

  @Test
  void featurePairingOfNoWeightIsCleanTraining() {
    Objective pairing = new FeaturePairing(0, 0.5, Optional.empty());
    assertAlike(outcome(pairing, SEARCH, 1), outcome(new Standard(), SEARCH, 1));
  }

  private static double[] noisy(int sample, int draw) {
    try (Scope scope = Scope.open()) {
      double[] noise =
          Rng.of(TwinShard.seedsOf("smoothing").get(sample).split(draw))
              .normal(TwinCase.IN)
              .toDoubles();
      return TwinCase.plus(one(CASE.clean(), sample), noise, SIGMA);
    }
  }

  /** The label's probability at each draw of noise around the clean input. */
  private static DoubleStream ofLabel(int sample, int draws) {
    return IntStream.range(0, draws)
        .mapToDouble(d -> softmax(CASE.z(noisy(sample, d)))[CASE.label(sample)]);
  }

  @Test
  void macerWithoutItsRadiusIsCrossEntropyOfTheMeanPrediction() {
    double[] losses = outcome(new Macer(SIGMA, 4, 0, 8, 16), SEARCH, 1).losses();
    for (int i = 0; i < N; i++) {
      double mean = ofLabel(i, 4).average().orElseThrow();
      assertThat(losses[i]).isCloseTo(-Math.log(mean), within(1e-9));
    }
  }

  @Test
  void smoothAdvWithoutStepsIsCrossEntropyWithNoise() {
    Outcome found = outcome(new SmoothAdv(SIGMA, 4), NO_STEPS, 1);
    assertThat(found.found().get(0)).containsExactly(CASE.clean());
    for (int i = 0; i < N; i++) {
      double mean = ofLabel(i, 4).map(p -> -Math.log(p)).average().orElseThrow();
      assertThat(found.losses()[i]).isCloseTo(mean, within(1e-9));
    }
  }

  /** Of a single draw the mean of the losses is the loss of the mean. */
  @Test
  void ofOneDrawTheTwoAreAlike() {
    assertAlike(
        outcome(new Macer(SIGMA, 1, 0, 8, 16), SEARCH, 1),
        outcome(new SmoothAdv(SIGMA, 1), NO_STEPS, 1));
  }

  /** Where probabilities are 0 and 1 their quantiles are infinite. */
  @Test
  void macersSlopesAreFiniteWhereTheModelIsSure() {
    for (double lambda : new double[] {0, 12}) {
      Outcome sure = outcome(new Macer(SIGMA, 4, lambda, 8, 16), SEARCH, 1e4);
      assertThat(DoubleStream.of(sure.losses()).boxed()).allMatch(Double::isFinite);
      assertThat(DoubleStream.of(sure.slopes()).boxed()).allMatch(Double::isFinite);
    }
  }

  /**
   * With {@code BCE = -ln q_y - ln(1 - max_{k != y} q_k)} and {@code KL = sum_k p_k ln(p_k / q_k)}:
   * {@code BCE + 5 (1 - p_y) KL}, by hand to six digits.
   */
  @Test
  void martWeighsTheDivergenceByTheDoubt() {
    double[] p = {0.7, 0.2, 0.1, 0.6, 0.3, 0.1};
    double[] q = {0.5, 0.3, 0.2, 0.8, 0.1, 0.1};
    try (Scope scope = Scope.open()) {
      ShardContext shard = predicting(p, q, 0, 2);
      assertThat(new Mart(0).loss(shard).perSample().toDoubles())
          .containsExactly(new double[] {0.693147 + 0.356675, 2.302585 + 1.609438}, within(2e-6));
      assertThat(new Mart(5).loss(shard).perSample().toDoubles())
          .containsExactly(
              new double[] {
                1.049822 + 5 * 0.3 * 0.085123, // a label that is likely
                3.912023 + 5 * 0.9 * 0.156975 // and one that is not
              },
              within(5e-6));
    }
  }

  /** A shard whose inputs are log-probabilities and whose network passes them on. */
  private static ShardContext predicting(double[] clean, double[] worst, long... labels) {
    Tensor a = Tensors.of(CASE.a(), TwinCase.IN, TwinCase.HIDDEN);
    Tensor b = Tensors.of(CASE.b(), TwinCase.HIDDEN, K);
    ShardContext twin = new TwinShard(CASE, a, b, 0.9, TwinShard.THREAT, false);
    return new ForwardingShard(twin) {
      @Override
      public Tensor inputs() {
        return logs(clean);
      }

      @Override
      public Tensor labels() {
        return Tensors.of(labels, labels.length);
      }

      @Override
      public double labelSmoothing() {
        return 0;
      }

      @Override
      public Tensor logits(Tensor x) {
        return x;
      }

      @Override
      public Tensor adversarial(Search search, Reference reference) {
        return logs(worst);
      }
    };
  }

  private static Tensor logs(double[] probabilities) {
    double[] logs = Arrays.stream(probabilities).map(Math::log).toArray();
    return Tensors.of(logs, logs.length / K, K);
  }
}
