package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.blackbox.DifferenceWalk.Noise;
import io.holdfast.common.Seed;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gradients that are estimated from scores, on functions whose gradient is known. */
class EstimatesTest {
  private static final Domain WIDE = new Domain(-100, 100);
  private static final Canvas LINF = new Canvas(3, 10, 12, new Additive(Norm.LINF, 0.1), WIDE);
  private static final Canvas L2 = new Canvas(3, 10, 12, new Additive(Norm.L2, 2), WIDE);
  private static final double[] SLOPES = slopes();

  private static double[] slopes() {
    RandomGenerator random = new Seed(4).generator();
    return random.doubles(360, -1, 1).toArray();
  }

  /** Curved, so that differences have something to get wrong. */
  private static double loss(float[] x) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += SLOPES[i] * x[i];
    }
    return sum + Math.sin(sum);
  }

  private static double[] gradient(float[] x) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += SLOPES[i] * x[i];
    }
    double outer = 1 + Math.cos(sum);
    return Arrays.stream(SLOPES).map(s -> s * outer).toArray();
  }

  private static double cosine(double[] a, double[] b) {
    double dot = 0;
    double one = 0;
    double other = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      one += a[i] * a[i];
      other += b[i] * b[i];
    }
    return dot / Math.sqrt(one * other);
  }

  /** The first estimate at a random point. */
  private static double[] estimate(Noise noise, int pairs, int atMost, Seed seed) {
    List<double[]> seen = new ArrayList<>();
    float[] clean = Drive.clean(seed, 360);
    Walk walk =
        new DifferenceWalk(
            pairs,
            noise,
            0.001,
            (point, gradient) -> seen.add(gradient.clone()),
            LINF,
            clean,
            seed.split("noise").generator());
    Drive.drive(walk, 1 + 2 * pairs, atMost, EstimatesTest::loss, w -> {});
    return seen.get(0);
  }

  /**
   * In D dimensions the expected cosine with q random directions is near sqrt(q / (q + D)) for a
   * linear function; by chance it is near 0 with deviation 1 / sqrt(D).
   */
  @ParameterizedTest
  @EnumSource
  void agreementWithTheGradientGrowsWithSamples(Noise noise) {
    double last = 2 / Math.sqrt(360); // above chance
    for (int pairs : new int[] {10, 40, 160, 640}) {
      double mean = 0;
      for (int k = 0; k < 10; k++) {
        double[] at = gradient(Drive.clean(new Seed(k), 360));
        mean += cosine(at, estimate(noise, pairs, 1000, new Seed(k))) / 10;
      }
      assertThat(mean).as("%d pairs", pairs).isGreaterThan(last);
      assertThat(mean).isCloseTo(Math.sqrt(pairs / (pairs + 360.0)), within(0.06));
      last = mean;
    }
  }

  /** The mean of many is the gradient itself, not a multiple. */
  @ParameterizedTest
  @EnumSource
  void estimatesHaveNoBias(Noise noise) {
    double[] mean = new double[360];
    double[] at = gradient(Drive.clean(new Seed(2), 360));
    double[] once = estimate(noise, 20_000, 1000, new Seed(2));
    double dot = 0;
    double squares = 0;
    for (int i = 0; i < mean.length; i++) {
      dot += once[i] * at[i];
      squares += at[i] * at[i];
    }
    assertThat(dot / squares).isCloseTo(1, within(0.03));
  }

  @Test
  void howManyAreAskedAtOnceChangesNothing() {
    for (Noise noise : Noise.values()) {
      double[] together = estimate(noise, 300, 10_000, new Seed(6)); // more than are remembered
      assertThat(estimate(noise, 300, 1, new Seed(6))).containsExactly(together);
      assertThat(estimate(noise, 300, 7, new Seed(6))).containsExactly(together);
    }
  }

  /** Only the point itself is sure to lie in the ball. */
  @Test
  void pairsDoNotCountAndThePointDoes() {
    float[] clean = Drive.clean(new Seed(1), 360);
    Walk nes = Nes.SPEC.usual().samples(4).walk(LINF, 100, clean, new Seed(9).generator());
    List<Boolean> counted = new ArrayList<>();
    Drive.drive(nes, 11, 3, EstimatesTest::loss, w -> counted.add(w.counts()));
    assertThat(counted)
        .containsExactly(true, false, false, false, false, true, false, false, false, false, true);
  }

  @Test
  void ascentsReachTheFarEndOfTheBall() {
    float[] clean = Drive.clean(new Seed(1), 360);
    ToDoubleFunction<float[]> linear =
        x -> {
          double sum = 0;
          for (int i = 0; i < x.length; i++) {
            sum += SLOPES[i] * (x[i] - clean[i]);
          }
          return sum;
        };
    double most = Arrays.stream(SLOPES).map(Math::abs).sum() * 0.1;
    double far = Math.sqrt(Arrays.stream(SLOPES).map(s -> s * s).sum()) * 2;
    Walk nes = Nes.SPEC.usual().walk(LINF, 4000, clean, new Seed(9).generator());
    Drive.drive(nes, 4000, 99, linear, w -> {});
    assertThat(nes.highest()).isBetween(0.8 * most, most + 1e-5);
    Walk spsa = Spsa.SPEC.usual().walk(LINF, 4000, clean, new Seed(9).generator());
    Drive.drive(spsa, 4000, 99, linear, w -> {});
    assertThat(spsa.highest()).isBetween(0.8 * most, most + 1e-5);
    Walk round = Nes.SPEC.usual().walk(L2, 4000, clean, new Seed(9).generator());
    Drive.drive(round, 4000, 99, linear, w -> {});
    assertThat(round.highest()).isBetween(0.8 * far, far + 1e-5);
  }

  /** Slopes that are constant on tiles: the bandit's prior learns them with few queries. */
  @ParameterizedTest
  @EnumSource(
      value = Norm.class,
      names = {"LINF", "L2"})
  void theBanditLearnsWhereTheSlopesAreSmooth(Norm norm) {
    Canvas canvas = norm == Norm.L2 ? L2 : LINF;
    float[] clean = Drive.clean(new Seed(1), 360);
    double[] tiles = new Seed(5).generator().doubles(3 * 4 * 4, -1, 1).toArray();
    double[] slopes = new double[360];
    for (int i = 0; i < 360; i++) {
      slopes[i] = tiles[i / 120 * 16 + i / 12 % 10 * 4 / 10 * 4 + i % 12 * 4 / 12];
    }
    ToDoubleFunction<float[]> linear =
        x -> {
          double sum = 0;
          for (int i = 0; i < x.length; i++) {
            sum += slopes[i] * (x[i] - clean[i]);
          }
          return sum;
        };
    Walk bandit = Bandits.queries(600).walk(canvas, 600, clean, new Seed(9).generator());
    Walk nes = Nes.SPEC.usual().walk(canvas, 600, clean, new Seed(9).generator());
    Drive.drive(bandit, 600, 99, linear, w -> {});
    Drive.drive(nes, 600, 99, linear, w -> {});
    double most =
        norm == Norm.L2
            ? 2 * Math.sqrt(Arrays.stream(slopes).map(s -> s * s).sum())
            : 0.1 * Arrays.stream(slopes).map(Math::abs).sum();
    assertThat(bandit.highest()).isGreaterThan(0.6 * most).isGreaterThan(nes.highest());
  }

  @Test
  void adamIsThePapers() {
    Adam adam = new Adam(0.1, 2);
    double mean = 0;
    double square = 0;
    for (int t = 1; t <= 5; t++) {
      double slope = Math.sin(t);
      mean = 0.9 * mean + 0.1 * slope;
      square = 0.999 * square + 0.001 * slope * slope;
      double first = mean / (1 - Math.pow(0.9, t));
      double expected = 0.1 * first / (Math.sqrt(square / (1 - Math.pow(0.999, t))) + 1e-8);
      assertThat(adam.step(1, slope)).isCloseTo(expected, within(1e-12));
    }
    assertThat(adam.step(0, 3)).as("each has its own count").isCloseTo(0.1, within(1e-8));
    adam.reset();
    assertThat(adam.step(1, -2)).isCloseTo(-0.1, within(1e-8));
  }
}
