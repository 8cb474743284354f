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
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.Gairat;
import io.holdfast.train.objective.adversarial.Iat;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.adversarial.Mma;
import io.holdfast.train.objective.adversarial.UnionAverage;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Gaussian;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.Macer;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.certified.SmoothAdv;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.distil.DefensiveDistillation;
import io.holdfast.train.objective.distil.Lbgat;
import io.holdfast.train.objective.distil.Rslad;
import io.holdfast.verify.bound.Bounds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Settings at which an objective is a simpler one, or can be computed by hand. */
@ExtendWith(LeakCheck.class)
class SpecialCasesTest {
  private static final TwinCase CASE = TwinCase.random(8);
  private static final double SIGMA = 0.25;
  private static final Guide GUIDE = Guide.given("teacher");
  private static final InnerMaximiser SEARCH = new InnerMaximiser(3, 0.4, Start.UNIFORM);
  private static final InnerMaximiser NO_STEPS = new InnerMaximiser(0, 0.4, Start.CLEAN);

  /** A twin some of whose samples are saved examples: searches give what was saved. */
  private static ForwardingShard saved(Predicate<Integer> which) {
    Tensor a = Tensors.of(CASE.a(), TwinCase.IN, TwinCase.HIDDEN);
    Tensor b = Tensors.of(CASE.b(), TwinCase.HIDDEN, K);
    TwinShard twin = new TwinShard(CASE, a, b, 0.9, TwinShard.THREAT, false);
    return new ForwardingShard(twin) {
      private final boolean[] saved = new boolean[N];

      @Override
      public boolean[] saved() {
        IntStream.range(0, N).forEach(i -> saved[i] = which.test(i));
        return saved;
      }

      @Override
      public Tensor adversarial(Search search, Reference reference) {
        int[] others = IntStream.range(0, N).filter(i -> !saved()[i]).toArray();
        Tensor found = // those that are saved are not searched for
            super.adversarial(ground -> around(ground, others, search), reference);
        Tensor worst = Tensors.of(CASE.worst(), N, TwinCase.IN).to(found.type());
        Tensor is = Tensors.of(saved(), N).unsqueeze(1); // [N, 1]
        return Tensors.where(is, worst, found);
      }
    };
  }

  /** The examples of some samples, the others as they are. */
  private static Tensor around(Search.Ground ground, int[] some, Search search) {
    Tensor places = Tensors.of(IntStream.of(some).asLongStream().toArray(), some.length);
    return ground.inputs().clone().indexCopyInPlace(0, places, search.find(ground.at(some)));
  }

  /** What a search gives for a saved example is its worst case, also where the best was sought. */
  @Test
  void theInverseOfASavedExampleIsItsCleanInput() {
    try (Scope scope = Scope.open()) {
      double[] losses = new Iat(3, 0.5).loss(saved(i -> i % 2 == 0)).perSample().toDoubles();
      for (int i = 0; i < N; i++) {
        double[] best = i % 2 == 0 ? CASE.zClean(i) : CASE.zMirrored(i);
        double expected =
            CASE.crossEntropy(CASE.zWorst(i), i) + 3 * TwinCase.kl(best, CASE.zWorst(i));
        assertThat(losses[i]).isCloseTo(expected, within(1e-6));
      }
    }
  }

  @Test
  void savedExamplesCountAsMuchAsTheMeanOfTheOthers() {
    try (Scope scope = Scope.open()) {
      double[] losses = new Gairat(-1, 0).loss(saved(i -> i % 2 == 0)).perSample().toDoubles();
      double weights = 0;
      double others = 0;
      for (int i = 0; i < N; i++) {
        double weight = losses[i] / CASE.crossEntropy(CASE.zWorst(i), i);
        if (i % 2 == 0) {
          assertThat(weight).isCloseTo(1, within(1e-6));
        } else {
          weights += weight;
          others++;
        }
      }
      assertThat(weights).isCloseTo(others, within(1e-6));
    }
  }

  private static double margin(double[] z, int i) {
    double best = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < K; k++) {
      best = k == CASE.label(i) ? best : Math.max(best, z[k]);
    }
    return z[CASE.label(i)] - best;
  }

  /** What is decided by the weights before they are perturbed: all of it the other way round. */
  static Stream<Objective> deciding() {
    return Stream.of(
        Mma.SPEC.usual(),
        Cat.SPEC.usual(),
        Mail.SPEC.usual(),
        new FeaturePairing(1, 0.2, Optional.empty()));
  }

  @ParameterizedTest
  @MethodSource("deciding")
  void whatIsDecidedIsTakenFromWhereItWasDecided(Objective objective) {
    try (Scope scope = Scope.open()) {
      double[] own = objective.loss(saved(i -> false)).perSample().toDoubles();
      int[] asked = new int[1];
      ShardContext other =
          new ForwardingShard(saved(i -> false)) {
            @Override
            public Tensor decided(Supplier<Tensor> answer) {
              asked[0]++;
              Tensor given = answer.get();
              return given.type() == DType.BOOL
                  ? given.eq(Tensors.of(new boolean[N], N))
                  : given.eq(0).to(given.type()); // another channel
            }
          };
      assertThat(objective.loss(other).perSample().toDoubles()).isNotEqualTo(own);
      assertThat(asked[0]).isEqualTo(1);
    }
  }

  /** Of the clean pass, or of that of the worst case. */
  @Test
  void boundsUseTheStatisticsOfTheirOwnPass() {
    Ramp whole = new Ramp(0, 0);
    List<Objective> clean =
        List.of(new Ibp(0.5, whole), new Sabr(0.4, whole), new CrownIbp(0.5, 0.5, whole));
    for (Objective objective : clean) {
      assertThat(passes(objective)).as(objective.name()).isNotEmpty().containsOnly(CASE.clean());
    }
    assertThat(passes(new MtlIbp(0.5, whole))).isNotEmpty().containsOnly(CASE.worst());
  }

  /** The inputs of the passes whose statistics bounds are to use. */
  private static List<double[]> passes(Objective objective) {
    List<double[]> passes = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      objective.loss(
          new ForwardingShard(saved(i -> false)) {
            @Override
            public Tensor margins(Bounds box, Tensor pass) {
              passes.add(pass.toDoubles());
              return super.margins(box, pass);
            }

            @Override
            public Tensor linearMargins(Bounds box, Tensor pass) {
              passes.add(pass.toDoubles());
              return super.linearMargins(box, pass);
            }
          });
    }
    return passes;
  }

  /** Whoever falls within any member has fallen. */
  @Test
  void theRobustPredictionsOfAnAverageAreThoseOfTheWorstMember() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(CASE.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(CASE.b(), TwinCase.HIDDEN, K);
      ThreatModel union = ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.3));
      TwinShard twin = new TwinShard(CASE, a, b, 0.9, union, false);
      Tensor robust = new UnionAverage().loss(twin).robust(); // [N, K]
      double[] found = Objects.requireNonNull(robust).toDoubles();
      int mirrored = 0;
      for (int i = 0; i < N; i++) {
        boolean second = margin(CASE.zMirrored(i), i) < margin(CASE.zWorst(i), i);
        mirrored += second ? 1 : 0;
        assertThat(Arrays.copyOfRange(found, i * K, (i + 1) * K))
            .containsExactly(second ? CASE.zMirrored(i) : CASE.zWorst(i), within(1e-6));
      }
      assertThat(mirrored).isBetween(1, N - 1);
    }
  }

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

  /** TRADES learns labels beside what is left of boundary guidance then. */
  @Test
  void lbgatWithoutItsGuideIsTheDivergenceOfTrades() {
    Outcome bare = outcome(new Lbgat(0, 6, GUIDE), SEARCH, 1);
    Outcome trades = outcome(Trades.beta(6), SEARCH, 1);
    Outcome clean = outcome(new Standard(), SEARCH, 1);
    assertThat(sum(bare.losses(), clean.losses())).containsExactly(trades.losses(), within(1e-9));
    assertThat(sum(bare.slopes(), clean.slopes())).containsExactly(trades.slopes(), within(1e-9));
    assertThat(bare.found().get(0)).containsExactly(trades.found().get(0), within(1e-9));
  }

  /** But for the teacher's entropy, on which the weights have no influence. */
  @Test
  void rsladWithoutWorstCasesIsDistillationOnCleanInputs() {
    double[] rslad = outcome(new Rslad(0, GUIDE), SEARCH, 1).slopes();
    Outcome distilled = outcome(new DefensiveDistillation(1, GUIDE), SEARCH, 1);
    assertThat(rslad).containsExactly(distilled.slopes(), within(1e-9));
  }

  @Test
  void noiseOfHardlyAnySizeIsNone() {
    double least = 1e-6;
    Outcome clean = outcome(new Standard(), SEARCH, 1);
    assertNear(outcome(new Gaussian(least), SEARCH, 1), clean);
    assertNear(outcome(new Macer(least, 4, 0, 8, 16), SEARCH, 1), clean);
    assertNear(outcome(new SmoothAdv(least, 4), SEARCH, 1), outcome(new PgdAt(), SEARCH, 1));
  }

  private static void assertNear(Outcome one, Outcome other) {
    assertThat(one.losses()).containsExactly(other.losses(), within(1e-4));
    assertThat(one.slopes()).containsExactly(other.slopes(), within(1e-4));
  }

  private static double[] sum(double[] one, double[] other) {
    return IntStream.range(0, one.length).mapToDouble(i -> one[i] + other[i]).toArray();
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
   * {@code BCE + 5 (1 - p_y) KL}.
   */
  @Test
  void martWeighsTheDivergenceByTheDoubt() {
    double[] p = {0.7, 0.2, 0.1, 0.6, 0.3, 0.1};
    double[] q = {0.5, 0.3, 0.2, 0.8, 0.1, 0.1};
    try (Scope scope = Scope.open()) {
      ShardContext shard = predicting(p, q, 0, 2);
      assertThat(new Mart(0).loss(shard).perSample().toDoubles())
          .containsExactly(new double[] {-Math.log(0.5 * 0.7), -Math.log(0.1 * 0.2)}, within(1e-6));
      assertThat(new Mart(5).loss(shard).perSample().toDoubles())
          .containsExactly(
              new double[] {
                // a label that is likely, and one that is not
                -Math.log(0.5 * 0.7)
                    + 1.5
                        * (0.7 * Math.log(0.7 / 0.5)
                            + 0.2 * Math.log(0.2 / 0.3)
                            + 0.1 * Math.log(0.1 / 0.2)),
                -Math.log(0.1 * 0.2) + 4.5 * (0.6 * Math.log(0.6 / 0.8) + 0.3 * Math.log(0.3 / 0.1))
              },
              within(1e-6));
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
