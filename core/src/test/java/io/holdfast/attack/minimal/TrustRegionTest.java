package io.holdfast.attack.minimal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against a search over a grid, and against the exact projection where regions are wide. */
class TrustRegionTest {
  private static final Domain BOX = new Domain(-0.5, 1);
  private static final int CASES = 80;
  private static final int GRID = 80;

  /** A step that uses this part of its radius is long enough. */
  private static final double SURE = 0.98;

  /** A clean input, a change of it, slopes, what is missing and a radius. */
  private static final class Case {
    final double[] clean;
    final double[] from;
    final double[] slopes;
    final double missing;
    final double radius;

    Case(RandomGenerator random, int d, double radius) {
      clean = random.doubles(d, BOX.low(), BOX.high()).toArray();
      if (random.nextInt(3) == 0) {
        clean[0] = BOX.low();
      }
      from = new double[d];
      Arrays.setAll(from, j -> random.nextDouble(BOX.low(), BOX.high()) - clean[j]);
      slopes = random.doubles(d, -1, 1).toArray();
      this.radius = radius;
      missing = random.nextGaussian() * radius / 2;
    }

    double[] solve(Norm norm) {
      double[] low = Arrays.stream(clean).map(x -> BOX.low() - x).toArray();
      double[] high = Arrays.stream(clean).map(x -> BOX.high() - x).toArray();
      return new TrustRegion(norm, from.clone(), low, high, slopes.clone()).solve(missing, radius);
    }

    boolean inBox(double[] k) {
      boolean inside = true;
      for (int j = 0; j < k.length; j++) {
        double x = clean[j] + k[j];
        inside &= x >= BOX.low() - 1e-9 && x <= BOX.high() + 1e-9;
      }
      return inside;
    }

    double gain(double[] k) {
      double sum = 0;
      for (int j = 0; j < k.length; j++) {
        sum += slopes[j] * (k[j] - from[j]);
      }
      return sum;
    }

    double moved(double[] k) {
      double sum = 0;
      for (int j = 0; j < k.length; j++) {
        sum += (k[j] - from[j]) * (k[j] - from[j]);
      }
      return Math.sqrt(sum);
    }
  }

  @ParameterizedTest
  @EnumSource
  void isFeasibleAndAsShortAsAGridFinds(Norm norm) {
    RandomGenerator random = new Seed(5).split(norm.key()).generator();
    int solved = 0;
    for (int i = 0; i < CASES; i++) {
      Case c = new Case(random, 3, random.nextDouble(0.05, 0.6));
      double[] k = c.solve(norm);
      assertThat(c.inBox(k)).isTrue();
      assertThat(c.moved(k)).isLessThanOrEqualTo(c.radius * (1 + 1e-6));
      double best = onGrid(norm, c);
      if (Double.isFinite(best)) {
        solved++;
        assertThat(c.gain(k)).isEqualTo(c.missing, within(1e-5));
        if (norm != Norm.L0) { // points of a grid have no 0
          assertThat(length(norm, k)).isLessThanOrEqualTo(best + 1e-5);
        }
      } else {
        assertThat(Math.abs(c.gain(k))).isLessThanOrEqualTo(Math.abs(c.missing) + 1e-6);
        assertThat(c.gain(k) * c.missing).isGreaterThanOrEqualTo(0);
      }
    }
    assertThat(solved).isBetween(CASES / 3, CASES - 1);
  }

  /** Over the plane on which the linear function gains what is missing, around where one stands. */
  private static double onGrid(Norm norm, Case c) {
    double[] b = c.slopes;
    double square = Arrays.stream(b).map(x -> x * x).sum();
    double[] u = unit(Math.abs(b[0]) > Math.abs(b[1]) ? cross(b, 0, 1, 0) : cross(b, 1, 0, 0));
    double[] v = unit(cross(b, u[0], u[1], u[2]));
    double best = Double.POSITIVE_INFINITY;
    double[] k = new double[3];
    for (int p = -GRID; p <= GRID; p++) {
      for (int q = -GRID; q <= GRID; q++) {
        for (int j = 0; j < 3; j++) {
          double along = (u[j] * p + v[j] * q) * c.radius / GRID;
          k[j] = c.from[j] + b[j] * c.missing / square + along;
        }
        if (c.moved(k) <= c.radius * SURE && c.inBox(k)) {
          best = Math.min(best, length(norm, k));
        }
      }
    }
    return best;
  }

  private static double[] cross(double[] a, double x, double y, double z) {
    return new double[] {a[1] * z - a[2] * y, a[2] * x - a[0] * z, a[0] * y - a[1] * x};
  }

  private static double[] unit(double[] a) {
    double length = length(Norm.L2, a);
    return Arrays.stream(a).map(x -> x / length).toArray();
  }

  private static double length(Norm norm, double[] k) {
    double sum = 0;
    for (double x : k) {
      double size = Math.abs(x);
      sum =
          switch (norm) {
            case L0 -> sum + (size == 0 ? 0 : 1);
            case L1 -> sum + size;
            case L2 -> sum + size * size;
            case LINF -> Math.max(sum, size);
          };
    }
    return norm == Norm.L2 ? Math.sqrt(sum) : sum;
  }

  @ParameterizedTest
  @EnumSource(names = {"LINF", "L2", "L1"})
  void isTheExactProjectionWhereTheRegionIsWide(Norm norm) {
    RandomGenerator random = new Seed(6).split(norm.key()).generator();
    int solved = 0;
    for (int i = 0; i < CASES; i++) {
      Case c = new Case(random, 6, 100);
      double atClean = c.gain(new double[6]) - 0.3;
      double[] k = solve(norm, c, 0.3);
      double[] exact = projected(norm, c, atClean);
      if (Math.abs(c.gain(exact) - 0.3) < 1e-9) {
        solved++;
        assertThat(c.gain(k)).isEqualTo(0.3, within(1e-5));
        assertThat(length(norm, k)).isEqualTo(length(norm, exact), within(1e-4));
      }
    }
    assertThat(solved).isGreaterThan(CASES / 2);
  }

  private static double[] solve(Norm norm, Case c, double missing) {
    double[] low = Arrays.stream(c.clean).map(x -> BOX.low() - x).toArray();
    double[] high = Arrays.stream(c.clean).map(x -> BOX.high() - x).toArray();
    return new TrustRegion(norm, c.from.clone(), low, high, c.slopes.clone())
        .solve(missing, c.radius);
  }

  private static double[] projected(Norm norm, Case c, double value) {
    try (Scope scope = Scope.open()) {
      Tensor clean = Tensors.of(c.clean, 1, c.clean.length);
      Tensor slopes = Tensors.of(c.slopes, 1, c.slopes.length);
      return Hyperplane.reach(norm, clean, slopes, Tensors.of(new double[] {value}, 1, 1), BOX)
          .toDoubles();
    }
  }

  /** Where the region is wide, the values that gain most are changed, and no other. */
  @Test
  void changesAsFewValuesAsCanBe() {
    RandomGenerator random = new Seed(7).generator();
    int solved = 0;
    for (int i = 0; i < CASES; i++) {
      Case c = new Case(random, 8, 100);
      double[] k = solve(Norm.L0, c, 0.5);
      int fewest = fewest(c, 0.5 - c.gain(new double[8]));
      if (fewest <= 8) {
        solved++;
        assertThat(c.gain(k)).isEqualTo(0.5, within(1e-5));
        assertThat(length(Norm.L0, k)).isEqualTo(fewest);
      }
    }
    assertThat(solved).isGreaterThan(CASES / 2);
  }

  /** How many changes of the clean input it takes to gain this much; more than all if too much. */
  private static int fewest(Case c, double needed) {
    double[] most = new double[c.clean.length];
    Arrays.setAll(
        most,
        j -> {
          boolean up = c.slopes[j] * needed > 0;
          return Math.abs(c.slopes[j]) * (up ? BOX.high() - c.clean[j] : c.clean[j] - BOX.low());
        });
    Arrays.sort(most);
    double left = Math.abs(needed);
    int count = 0;
    for (int j = most.length - 1; j >= 0 && left > 0; j--) {
      left -= most[j];
      count++;
    }
    return left > 0 ? Integer.MAX_VALUE : count;
  }

  @Test
  void staysWithoutSlopes() {
    double[] from = {0.1, -0.2};
    double[] box = {-0.5, -0.5};
    double[] top = {0.5, 0.5};
    assertThat(new TrustRegion(Norm.L2, from, box, top, new double[2]).solve(1, 1))
        .containsExactly(0.1, -0.2);
  }
}
