package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The L0 ball against every choice of components. */
class L0RegionTest {
  private static final int SIZE = 6;

  private static float[] points(RandomGenerator random, double spread) {
    float[] x = new float[SIZE];
    for (int j = 0; j < SIZE; j++) {
      int face = random.nextInt(4);
      double inside = face == 0 ? 0 : face == 1 ? 1 : random.nextDouble();
      x[j] = (float) (inside + (random.nextInt(4) == 0 ? 0 : spread * random.nextGaussian()));
    }
    return x;
  }

  private static double[] wide(float[] x) {
    double[] all = new double[x.length];
    Arrays.setAll(all, j -> x[j]);
    return all;
  }

  /** What each choice of at most {@code most} components can come to, the others being clean. */
  private static List<double[]> choices(double[] clean, double[] wanted, int most) {
    List<double[]> all = new ArrayList<>();
    for (int mask = 0; mask < 1 << SIZE; mask++) {
      if (Integer.bitCount(mask) <= most) {
        double[] x = clean.clone();
        for (int j = 0; j < SIZE; j++) {
          x[j] = (mask >> j & 1) == 1 ? Math.min(1, Math.max(0, wanted[j])) : clean[j];
        }
        all.add(x);
      }
    }
    return all;
  }

  @Property(tries = 200, seed = "2026")
  void projectionIsAsNearAsAnyChoice(@ForAll long draw, @ForAll @IntRange(max = SIZE) int most) {
    RandomGenerator random = new Seed(draw).generator();
    float[] clean = points(random, 0);
    float[] wanted = points(random, 1);
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(wanted, 1, SIZE);
      Additive ball = new Additive(Norm.L0, most);
      ball.around(Tensors.of(clean, 1, SIZE), Domain.UNIT).project(x);
      double[] projected = x.toDoubles();
      double best =
          choices(wide(clean), wide(wanted), most).stream()
              .mapToDouble(c -> Distances.between(wide(wanted), c).l2())
              .min()
              .orElseThrow();
      assertThat(Distances.between(wide(wanted), projected).l2()).isCloseTo(best, within(1e-6));
      assertThat(Distances.between(wide(clean), projected).l0()).isLessThanOrEqualTo(most);
      assertThat(contains(ball, clean, projected)).isTrue();
    }
  }

  @Property(tries = 200, seed = "2026")
  void aFullStepFromTheCleanPointRaisesALinearObjectiveMost(
      @ForAll long draw, @ForAll @IntRange(min = 1, max = SIZE) int most) {
    RandomGenerator random = new Seed(draw).generator();
    float[] clean = points(random, 0);
    float[] slopes = points(random, 1);
    try (Scope scope = Scope.open()) {
      Region region = new Additive(Norm.L0, most).around(Tensors.of(clean, 1, SIZE), Domain.UNIT);
      Tensor x = region.origin();
      region.step(x, Tensors.of(slopes, 1, SIZE), 1);
      double[] faces = new double[SIZE];
      Arrays.setAll(faces, j -> slopes[j] > 0 ? 1 : 0);
      double best =
          choices(wide(clean), faces, most).stream()
              .mapToDouble(c -> gain(slopes, clean, c))
              .max()
              .orElseThrow();
      assertThat(gain(slopes, clean, x.toDoubles())).isCloseTo(best, within(1e-6));
    }
  }

  private static double gain(float[] slopes, float[] from, double[] to) {
    double sum = 0;
    for (int j = 0; j < SIZE; j++) {
      sum += slopes[j] * (to[j] - from[j]);
    }
    return sum;
  }

  private static boolean contains(Additive ball, float[] clean, double[] other) {
    return ball.contains(wide(clean), other, new long[] {SIZE}, other, Domain.UNIT);
  }

  @Test
  void randomStartsChangeAsManyAsMayAndDependOnTheirOwnSeedAlone() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Tensors.full(0.5, 3, SIZE);
      List<Seed> seeds = LongStream.range(0, 3).mapToObj(new Seed(3)::split).toList();
      Additive ball = new Additive(Norm.L0, 2);
      Tensor start = ball.around(clean, Domain.UNIT).randomStart(seeds);
      for (int i = 0; i < 3; i++) {
        double[] row = start.select(0, i).toDoubles();
        assertThat(Arrays.stream(row).filter(v -> v != 0.5).count()).isEqualTo(2);
        Tensor alone =
            ball.around(Tensors.full(0.5, 1, SIZE), Domain.UNIT)
                .randomStart(seeds.subList(i, i + 1));
        assertThat(alone.toDoubles()).containsExactly(row);
      }
    }
  }

  @Test
  void membershipCountsComponents() {
    Additive ball = new Additive(Norm.L0, 2);
    float[] clean = new float[SIZE];
    assertThat(contains(ball, clean, new double[] {1, 0.2, 0, 0, 0, 0})).isTrue();
    assertThat(contains(ball, clean, new double[] {1, 0.2, 1e-9, 0, 0, 0})).isFalse();
    assertThat(contains(ball, clean, new double[] {1, 1.2, 0, 0, 0, 0})).isFalse();
    assertThatThrownBy(() -> ThreatModel.parse("l0:2.5"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a whole number");
    double[] many = new double[1_500_001]; // one more than may change
    Arrays.fill(many, 1);
    assertThat(
            new Additive(Norm.L0, 1_500_000)
                .contains(
                    new double[many.length],
                    many,
                    new long[] {many.length},
                    new double[0],
                    Domain.UNIT))
        .isFalse();
    assertThat(ThreatModel.l0(5).withEpsilon(2.5)).isEqualTo(ThreatModel.l0(2));
    for (int most = 1; most < 1000; most++) { // as a curriculum has it: a share of the whole
      for (int part = 1; part < most; part++) {
        double size = most * ((double) part / most);
        assertThat(ThreatModel.l0(most).withEpsilon(size).epsilon()).isEqualTo(part);
      }
    }
  }
}
