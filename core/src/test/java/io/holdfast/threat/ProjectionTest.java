package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;

/** Projections, starts and steps of the balls against slow twins in double. */
class ProjectionTest {
  private static final int N = 4;

  @Provide
  Arbitrary<Norm> norms() {
    return Arbitraries.of(Norm.LINF, Norm.L2, Norm.L1);
  }

  @Provide
  Arbitrary<Case> cases() {
    return upTo(24, Norm.LINF, Norm.L2, Norm.L1);
  }

  @Provide
  Arbitrary<Case> wide() {
    return upTo(800, Norm.L2, Norm.L1);
  }

  private static Arbitrary<Case> upTo(int most, Norm... norms) {
    return Arbitraries.of(norms)
        .flatMap(
            norm ->
                Arbitraries.integers()
                    .between(1, most)
                    .flatMap(
                        size ->
                            Arbitraries.longs()
                                .map(seed -> Case.random(norm, size, new Seed(seed)))));
  }

  /** Clean points (some on the box's faces) and far-away candidates. */
  record Case(Additive set, int size, List<double[]> clean, List<double[]> wanted) {
    static Case random(Norm norm, int size, Seed seed) {
      RandomGenerator random = seed.generator();
      double[][] clean = new double[N][size];
      double[][] wanted = new double[N][size];
      double spread = Math.pow(10, random.nextDouble(-3, 1));
      for (int i = 0; i < N; i++) {
        for (int j = 0; j < size; j++) {
          double face = random.nextInt(4);
          clean[i][j] = face == 0 ? 0 : face == 1 ? 1 : (float) random.nextDouble();
          double change = random.nextInt(5) == 0 ? 0 : random.nextGaussian() * spread;
          wanted[i][j] = (float) (clean[i][j] + change);
        }
      }
      double epsilon = Math.pow(10, random.nextDouble(-2, 1));
      double radius = norm == Norm.LINF ? Math.min(1, epsilon) : epsilon;
      return new Case(new Additive(norm, radius), size, List.of(clean), List.of(wanted));
    }

    Tensor tensor(List<double[]> rows) {
      float[] all = new float[N * size];
      for (int i = 0; i < all.length; i++) {
        all[i] = (float) rows.get(i / size)[i % size];
      }
      return Tensors.of(all, N, size);
    }
  }

  private static double[][] rows(Tensor t) {
    double[] all = t.toDoubles();
    int size = all.length / N;
    double[][] rows = new double[N][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * size, (i + 1) * size));
    return rows;
  }

  @Property(tries = 300, seed = "2026")
  void projectionIsTheNearestAdmissiblePoint(@ForAll("cases") Case c) {
    try (Scope scope = Scope.open()) {
      Region region = c.set().around(c.tensor(c.clean()), Domain.UNIT);
      Tensor x = c.tensor(c.wanted());
      region.project(x);
      double[][] projected = rows(x);
      for (int i = 0; i < N; i++) {
        double[] clean = c.clean().get(i);
        double[] nearest = SlowProjection.nearest(c.set(), clean, c.wanted().get(i));
        assertThat(projected[i]).containsExactly(nearest, within(2e-6 * (1 + c.set().epsilon())));
        assertThat(admits(c.set(), clean, projected[i])).isTrue();
      }
    }
  }

  @Property(tries = 100, seed = "2026")
  void projectionLeavesAdmissiblePointsAlone(@ForAll("cases") Case c) {
    try (Scope scope = Scope.open()) {
      Region region = c.set().around(c.tensor(c.clean()), Domain.UNIT);
      Tensor once = c.tensor(c.wanted());
      region.project(once);
      Tensor twice = once.clone();
      region.project(twice);
      assertThat(twice.sub(once).abs().max().item()).isLessThan(2e-7);
    }
  }

  @Property(tries = 100, seed = "2026")
  void randomStartsAreAdmissibleAndDependOnTheirOwnSeedAlone(@ForAll("cases") Case c) {
    try (Scope scope = Scope.open()) {
      Region region = c.set().around(c.tensor(c.clean()), Domain.UNIT);
      List<Seed> seeds = LongStream.range(0, N).mapToObj(new Seed(3)::split).toList();
      double[][] start = rows(region.randomStart(seeds));
      for (int i = 0; i < N; i++) {
        assertThat(admits(c.set(), c.clean().get(i), start[i])).isTrue();
      }
      Tensor alone = c.tensor(c.clean()).slice(0, 2, 3).clone();
      Tensor again = c.set().around(alone, Domain.UNIT).randomStart(seeds.subList(2, 3));
      assertThat(again.toDoubles()).containsExactly(start[2]);
    }
  }

  /** From the clean point one full step maximises a linear objective over ball and box. */
  @Property(tries = 200, seed = "2026")
  void aFullStepIsSteepest(@ForAll("cases") Case c) {
    try (Scope scope = Scope.open()) {
      Tensor clean = c.tensor(c.clean());
      Region region = c.set().around(clean, Domain.UNIT);
      Tensor gradient = c.tensor(c.wanted()).sub(clean);
      Tensor x = region.origin();
      region.step(x, gradient, 1);
      double[][] reached = rows(x);
      double[][] slopes = rows(gradient);
      RandomGenerator random = new Seed(9).generator();
      for (int i = 0; i < N; i++) {
        assertThat(admits(c.set(), c.clean().get(i), reached[i])).isTrue();
        if (c.set().norm() == Norm.L2) {
          continue; // normalised gradient, projected: steepest inside the box only
        }
        double gained = gain(slopes[i], c.clean().get(i), reached[i]);
        for (int k = 0; k < 20; k++) {
          double[] other = SlowProjection.randomAdmissible(c.set(), c.clean().get(i), random);
          assertThat(gain(slopes[i], c.clean().get(i), other))
              .isLessThanOrEqualTo(gained + 1e-5 * (1 + Math.abs(gained)));
        }
      }
    }
  }

  /**
   * Training's steps are the steepest ones but in the L1 ball, where they follow the gradient
   * itself: by four times the fraction of the L2 length of the sparsest change, projected.
   */
  @Property(tries = 200, seed = "2026")
  void stepsOfTrainingAreSpreadInTheL1Ball(@ForAll("cases") Case c) {
    try (Scope scope = Scope.open()) {
      Tensor clean = c.tensor(c.clean());
      Region region = c.set().around(clean, Domain.UNIT);
      Tensor gradient = c.tensor(c.wanted()).sub(clean);
      Tensor x = region.origin();
      region.trainingStep(x, gradient, 0.3);
      if (c.set().norm() != Norm.L1) {
        Tensor steepest = region.origin();
        region.step(steepest, gradient, 0.3);
        assertThat(x.sameAs(steepest)).isTrue();
        return;
      }
      double epsilon = c.set().epsilon();
      double length = 1.2 * Math.min(epsilon, Math.sqrt(epsilon));
      Tensor longest = region.origin();
      region.trainingStep(longest, gradient, 0.375);
      Tensor longer = region.origin();
      region.trainingStep(longer, gradient, 1);
      assertThat(longer.sameAs(longest)).as("there is a longest one").isTrue();
      double[][] reached = rows(x);
      double[][] slopes = rows(gradient);
      for (int i = 0; i < N; i++) {
        double size = Math.sqrt(gain(slopes[i], new double[c.size()], slopes[i]));
        double[] from = c.clean().get(i);
        double[] wanted = new double[c.size()];
        for (int j = 0; j < c.size(); j++) {
          wanted[j] = from[j] + (size == 0 ? 0 : length * slopes[i][j] / size);
        }
        double[] nearest = SlowProjection.nearest(c.set(), from, wanted);
        assertThat(reached[i]).containsExactly(nearest, within(2e-6 * (1 + epsilon)));
      }
    }
  }

  /** In double, which goes over whole tensors; of one sample by itself, too. */
  @Property(tries = 300, seed = "2026")
  void loopsOverFloatsDoWhatOperationsOnTensorsDo(
      @ForAll("wide") Case c, @ForAll @DoubleRange(max = 1.5) double fraction) {
    List<TriConsumer> changes =
        List.of(
            (region, x, slope) -> region.project(x),
            (region, x, slope) -> region.step(x, slope, fraction),
            (region, x, slope) -> region.trainingStep(x, slope, fraction));
    try (Scope scope = Scope.open()) {
      Tensor clean = c.tensor(c.clean());
      Tensor slope = c.tensor(c.wanted()).sub(clean);
      Tensor wide = clean.to(DType.FLOAT64);
      for (TriConsumer change : changes) {
        Tensor x = c.tensor(c.wanted());
        change.accept(c.set().around(clean, Domain.UNIT), x, slope);
        Tensor twin = c.tensor(c.wanted()).to(DType.FLOAT64);
        change.accept(c.set().around(wide, Domain.UNIT), twin, slope.to(DType.FLOAT64));
        assertThat(x.type()).isEqualTo(DType.FLOAT32);
        assertThat(twin.type()).isEqualTo(DType.FLOAT64);
        assertThat(x.to(DType.FLOAT64).sub(twin).abs().max().item()).isLessThan(1e-7);
        Tensor alone = c.tensor(c.wanted()).slice(0, 1, 2).clone();
        change.accept(
            c.set().around(clean.slice(0, 1, 2), Domain.UNIT), alone, slope.slice(0, 1, 2));
        assertThat(alone.sameAs(x.slice(0, 1, 2))).isTrue();
      }
    }
  }

  /** As on a device whose memory no loop can read. */
  @Property(tries = 60, seed = "2026")
  void operationsOnTensorsStayOnTheirDevice(@ForAll("wide") Case c) {
    Device other = new Device(0);
    List<TriConsumer> changes =
        List.of(
            (region, x, slope) -> region.project(x),
            (region, x, slope) -> region.step(x, slope, 0.3),
            (region, x, slope) -> region.trainingStep(x, slope, 0.3));
    try (Scope scope = Scope.open()) {
      Tensor clean = c.tensor(c.clean()).to(DType.FLOAT64);
      Tensor wanted = c.tensor(c.wanted()).to(DType.FLOAT64);
      Tensor slope = wanted.sub(clean);
      for (TriConsumer change : changes) {
        Tensor here = wanted.clone();
        change.accept(c.set().around(clean, Domain.UNIT), here, slope);
        Tensor there = wanted.to(other);
        change.accept(c.set().around(clean.to(other), Domain.UNIT), there, slope.to(other));
        assertThat(there.device()).isEqualTo(other);
        assertThat(there.to(Device.CPU).sameAs(here)).isTrue();
        Tensor rounded = BallRegion.inward(there, clean.to(other), there.sub(clean.to(other)));
        assertThat(rounded.device()).isEqualTo(other);
      }
    }
  }

  /** Values far from 0, where float32 rounds by much; edges that are no floats; many values. */
  @Property(tries = 60, seed = "2026")
  void roundingLeadsOutOfNoBall(
      @ForAll("norms") Norm norm,
      @ForAll @LongRange(max = 1_000_000) long seed,
      @ForAll boolean inDouble) {
    Domain domain = new Domain(-3, 1000.2);
    RandomGenerator random = new Seed(seed).generator();
    int size = random.nextBoolean() ? 150_528 : 300;
    double epsilon = Math.pow(10, random.nextDouble(-2, 1));
    float[] from = new float[size];
    float[] wanted = new float[size];
    for (int j = 0; j < size; j++) {
      boolean edge = random.nextInt(10) == 0;
      from[j] = (float) (edge ? 1000.2 : random.nextDouble(-3, 1000.2));
      wanted[j] = (float) (from[j] + epsilon * random.nextGaussian());
    }
    Additive ball = new Additive(norm, epsilon);
    try (Scope scope = Scope.open()) {
      Tensor clean = Tensors.of(from, 1, size);
      Tensor x = Tensors.of(wanted, 1, size);
      if (inDouble && norm != Norm.LINF) { // by operations on tensors, rounded at their end
        Tensor twin = x.to(DType.FLOAT64);
        ball.around(clean.to(DType.FLOAT64), domain).project(twin);
        Tensor from64 = clean.to(DType.FLOAT64);
        x = BallRegion.inward(twin, from64, twin.sub(from64));
      } else {
        ball.around(clean, domain).project(x);
      }
      double[] found = x.toDoubles();
      assertThat(ball.contains(clean.toDoubles(), found, new long[] {size}, found, domain))
          .as(norm + " " + epsilon + " of " + size)
          .isTrue();
    }
  }

  @Property(tries = 30, seed = "2026")
  void withoutARadiusAllStaysWhereItIs(@ForAll("wide") Case c) {
    try (Scope scope = Scope.open()) {
      Tensor clean = c.tensor(c.clean());
      Region region = new Additive(c.set().norm(), 0).around(clean, Domain.UNIT);
      Tensor x = c.tensor(c.wanted());
      region.step(x, c.tensor(c.wanted()).sub(clean), 0.5);
      assertThat(x.sub(clean).abs().max().item()).isZero();
    }
  }

  /** Images whose channels lie side by side in memory. */
  @Property(tries = 30, seed = "2026")
  void howValuesLieInMemoryDoesNotMatter(
      @ForAll("norms") Norm norm, @ForAll @LongRange(max = 1_000_000) long seed) {
    try (Scope scope = Scope.open()) {
      Rng rng = Rng.of(new Seed(seed));
      Tensor clean = rng.uniform(0, 1, 3, 2, 4, 5);
      Tensor slope = rng.normal(3, 2, 4, 5);
      Region region = new Additive(norm, 0.3).around(clean, Domain.UNIT);
      Region other = new Additive(norm, 0.3).around(clean.channelsLast(), Domain.UNIT);
      Tensor x = clean.clone();
      Tensor y = clean.channelsLast().clone();
      for (int k = 0; k < 3; k++) {
        region.trainingStep(x, slope, 0.5);
        other.trainingStep(y, slope.channelsLast(), 0.5);
      }
      assertThat(x.sub(y).abs().max().item()).isZero();
    }
  }

  @FunctionalInterface
  private interface TriConsumer {
    void accept(Region region, Tensor variables, Tensor gradient);
  }

  @Property(tries = 30, seed = "2026")
  void theMembershipCheckIsNotFooled(@ForAll("norms") Norm norm) {
    Additive ball = new Additive(norm, 0.25);
    double[] clean = {0.5, 0.5, 1};
    assertThat(admits(ball, clean, new double[] {0.75, 0.5, 1})).isTrue();
    assertThat(admits(ball, clean, new double[] {0.7501, 0.5, 1})).isFalse();
    assertThat(admits(ball, clean, new double[] {0.5, 0.5, 1.001})).isFalse();
    assertThat(admits(ball, clean, new double[] {0.5, Double.NaN, 1})).isFalse();
    assertThat(admits(ball, clean, new double[] {0.5, 0.5})).isFalse();
  }

  private static boolean admits(Additive set, double[] clean, double[] other) {
    return set.contains(clean, other, new long[] {clean.length}, other, Domain.UNIT);
  }

  private static double gain(double[] slope, double[] from, double[] to) {
    double sum = 0;
    for (int i = 0; i < slope.length; i++) {
      sum += slope[i] * (to[i] - from[i]);
    }
    return sum;
  }
}
