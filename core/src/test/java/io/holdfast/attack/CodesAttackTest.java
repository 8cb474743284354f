package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Additive;
import io.holdfast.threat.CodeChanges;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.Product;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Changes of codes, alone and beside numbers, under attack. The models are linear, so that the
 * strongest perturbation is known: the largest gains of single columns add up.
 */
class CodesAttackTest {
  private static final int N = 60;
  private static final int COLUMNS = 24;

  /** Two classes; class 1 where {@code weights x} is above 0. */
  private static LinearModel model(float[] weights) {
    float[] both = new float[2 * weights.length];
    System.arraycopy(weights, 0, both, weights.length, weights.length);
    return new LinearModel(2, both);
  }

  private static AttackResult attack(
      float[] weights, Attack with, PerturbationSet set, Domain domain, float[] inputs) {
    int n = inputs.length / weights.length;
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = score(weights, inputs, i) > 0 ? 1 : 0;
    }
    ThreatModel threat = ThreatModel.of(set).within(domain.low(), domain.high());
    try (Workers workers = Workers.of(2)) {
      Tensor x = Tensors.of(inputs, n, weights.length);
      long[] ids = LongStream.range(0, n).toArray();
      return new AttackDriver(model(weights), threat, workers)
          .withShard(16)
          .run(with, x, labels, ids, new Seed(1));
    }
  }

  private static double score(float[] weights, float[] inputs, int row) {
    double sum = 0;
    for (int j = 0; j < weights.length; j++) {
      sum += (double) weights[j] * inputs[row * weights.length + j];
    }
    return sum;
  }

  private static float[] weights(Seed seed) {
    RandomGenerator random = seed.generator();
    float[] w = new float[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) {
      w[j] = (random.nextBoolean() ? 1 : -1) * (0.5f + random.nextFloat());
    }
    return w;
  }

  /** Row-major values, each drawn for its column. */
  private static float[] inputs(Seed seed, IntUnaryOperator levels) {
    RandomGenerator random = seed.generator();
    float[] x = new float[N * COLUMNS];
    for (int i = 0; i < x.length; i++) {
      int k = levels.applyAsInt(i % COLUMNS);
      x[i] = k == 0 ? random.nextFloat() : random.nextInt(k);
    }
    return x;
  }

  /** The most that {@code budget} changes of codes can move the score, in either direction. */
  private static double most(
      float[] w, float[] x, int row, int from, int levels, int budget, boolean down) {
    return IntStream.range(from, COLUMNS)
        .mapToDouble(
            j -> {
              double slope = down ? -w[j] : w[j];
              double code = x[row * COLUMNS + j];
              return slope > 0 ? slope * (levels - 1 - code) : -slope * code;
            })
        .map(gain -> -gain)
        .sorted()
        .limit(budget)
        .map(gain -> -gain)
        .sum();
  }

  /** What the geometry says about each sample; only those near the boundary may differ. */
  private static void requireVerdicts(float[] w, float[] x, AttackResult result, double[] reach) {
    int fell = 0;
    for (int i = 0; i < N; i++) {
      double margin = Math.abs(score(w, x, i));
      boolean near = Math.abs(margin - reach[i]) < 1e-4;
      Outcome outcome = result.samples().get(i).outcome();
      assertThat(near || (outcome == Outcome.FELL) == margin < reach[i])
          .as("sample %d: %s, margin %s, reach %s", i, outcome, margin, reach[i])
          .isTrue();
      fell += outcome == Outcome.FELL ? 1 : 0;
    }
    assertThat(fell).isBetween(N / 20, N - N / 20);
  }

  private static double[] reach(float[] w, float[] x, int from, int levels, int budget) {
    double[] reach = new double[N];
    Arrays.setAll(reach, i -> most(w, x, i, from, levels, budget, score(w, x, i) > 0));
    return reach;
  }

  @Test
  void pgdFindsTheStrongestChangesOfALinearModel() {
    for (int levels : new int[] {2, 4}) {
      for (boolean random : new boolean[] {false, true}) {
        for (int steps : new int[] {1, 3, 40}) {
          float[] w = weights(new Seed(levels));
          float[] x = inputs(new Seed(7), j -> levels);
          CodeChanges set = new CodeChanges(levels, 2);
          Pgd pgd = Pgd.steps(steps).randomStart(random).track(Pgd.Track.LAST);
          pgd = steps == 1 ? pgd.stepSize(2) : pgd;
          try (Scope scope = Scope.open()) {
            AttackResult result = attack(w, pgd, set, new Domain(0, levels - 1), x);
            if (steps == 40 || !random) { // from anywhere, or straight from the clean input
              requireVerdicts(w, x, result, reach(w, x, 0, levels, 2));
            }
            requireCodes(result, x, levels, 2);
          }
        }
      }
    }
  }

  /** An independent look: whole codes, few changes, and the counts of the ledger agree. */
  private static void requireCodes(AttackResult result, float[] x, int levels, int budget) {
    float[] y = result.adversarial().toFloats();
    for (int i = 0; i < N; i++) {
      int changed = 0;
      for (int j = i * COLUMNS; j < (i + 1) * COLUMNS; j++) {
        assertThat(y[j]).isEqualTo(Math.round(y[j])).isBetween(0f, levels - 1f);
        changed += y[j] == x[j] ? 0 : 1;
      }
      assertThat(changed).isLessThanOrEqualTo(budget);
      assertThat(result.samples().get(i).distances().l0()).isEqualTo(changed);
    }
  }

  @Test
  void bitsAndNumbersFallTogetherAsTheGeometrySays() {
    int bits = 4;
    double epsilon = 0.2;
    float[] w = weights(new Seed(5));
    float[] x = inputs(new Seed(8), j -> j < bits ? 0 : 2);
    Product set =
        new Product(
            List.of(
                new Product.Part(0, 3, new Additive(Norm.LINF, epsilon)),
                new Product.Part(bits, COLUMNS, CodeChanges.bitFlips(1))));
    double[] reach = reach(w, x, bits, 2, 1);
    for (int i = 0; i < N; i++) {
      boolean down = score(w, x, i) > 0;
      for (int j = 0; j < 3; j++) { // column 3 belongs to no part
        double slope = down ? -w[j] : w[j];
        double room = slope > 0 ? 1 - x[i * COLUMNS + j] : x[i * COLUMNS + j];
        reach[i] += Math.abs(slope) * Math.min(epsilon, room);
      }
    }
    try (Scope scope = Scope.open()) {
      AttackResult result = attack(w, Pgd.steps(20), set, Domain.UNIT, x);
      requireVerdicts(w, x, result, reach);
      float[] y = result.adversarial().toFloats();
      for (int i = 0; i < N; i++) {
        assertThat(y[i * COLUMNS + 3]).isEqualTo(x[i * COLUMNS + 3]);
      }
      assertThat(attack(w, Pgd.steps(20), set, Domain.UNIT, x).samples())
          .isEqualTo(result.samples());
    }
  }

  /** Noise fells some, and none beyond the reach of the strongest changes. */
  @Test
  void noiseChangesCodesAndNumbersAsTheSetsSay() {
    RandomNoise noise = new RandomNoise(RandomNoise.Kind.UNIFORM, 5);
    float[] w = weights(new Seed(5));
    float[] codes = inputs(new Seed(7), j -> 4);
    float[] mixed = inputs(new Seed(8), j -> j < 4 ? 0 : 2);
    Product.Part numbers = new Product.Part(0, 4, new Additive(Norm.LINF, 0.2));
    Product product =
        new Product(List.of(numbers, new Product.Part(4, COLUMNS, CodeChanges.bitFlips(2))));
    try (Scope scope = Scope.open()) {
      AttackResult result = attack(w, noise, new CodeChanges(4, 2), new Domain(0, 3), codes);
      requireCodes(result, codes, 4, 2);
      requirePossible(w, codes, result, reach(w, codes, 0, 4, 2));
      double[] reach = reach(w, mixed, 4, 2, 2);
      Arrays.setAll(reach, i -> reach[i] + 0.2 * 4 * 1.5); // weights are below 1.5
      requirePossible(w, mixed, attack(w, noise, product, Domain.UNIT, mixed), reach);
    }
  }

  private static void requirePossible(float[] w, float[] x, AttackResult result, double[] reach) {
    int fell = 0;
    for (int i = 0; i < N; i++) {
      if (result.samples().get(i).outcome() == Outcome.FELL) {
        assertThat(Math.abs(score(w, x, i))).as("sample %d", i).isLessThan(reach[i] + 1e-4);
        fell++;
      }
    }
    assertThat(fell).isPositive();
  }

  @Test
  void fallenSamplesLeaveAProductsParts() {
    float[] w = weights(new Seed(5));
    float[] x = inputs(new Seed(9), j -> j < 4 ? 0 : 2);
    Product set =
        new Product(
            List.of(
                new Product.Part(0, 4, new Additive(Norm.L2, 0.3)),
                new Product.Part(4, COLUMNS, CodeChanges.bitFlips(1))));
    try (Scope scope = Scope.open()) {
      List<Sample> samples = attack(w, Pgd.steps(10).restarts(2), set, Domain.UNIT, x).samples();
      assertThat(samples.stream().mapToLong(Sample::gradients).distinct().count())
          .as("they leave at different steps")
          .isGreaterThan(3);
      assertThat(samples.stream().filter(s -> s.outcome() == Outcome.HELD))
          .isNotEmpty()
          .allMatch(s -> s.gradients() == 20);
    }
  }

  @Test
  void setsThatDoNotFitTheInputsAreRefused() {
    float[] w = weights(new Seed(5));
    float[] x = inputs(new Seed(8), j -> 2);
    PerturbationSet tooWide =
        new Product(List.of(new Product.Part(4, COLUMNS + 1, CodeChanges.bitFlips(1))));
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> attack(w, Pgd.steps(1), tooWide, Domain.UNIT, x))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("columns of an input, below " + COLUMNS)
          .hasMessageContaining("columns up to " + COLUMNS);
      assertThatThrownBy(() -> attack(w, Pgd.steps(1), new CodeChanges(4, 1), Domain.UNIT, x))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(
              "levels: expected codes inside the domain [0.0, 1.0], found 0 to 3");
    }
  }
}
