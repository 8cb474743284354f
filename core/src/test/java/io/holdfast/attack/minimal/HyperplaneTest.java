package io.holdfast.attack.minimal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against solvers that try everything, in small dimensions. */
class HyperplaneTest {
  private static final Domain BOX = new Domain(-0.5, 1);
  private static final int CASES = 120;

  /** A point of the box, slopes and a value. */
  private static final class Case {
    final double[] x;
    final double[] w;
    final double value;

    Case(double[] x, double[] w, double value) {
      this.x = x;
      this.w = w;
      this.value = value;
    }

    @Override
    public String toString() {
      return Arrays.toString(x) + " " + Arrays.toString(w) + " " + value;
    }

    double at(double[] change) {
      double sum = value;
      for (int j = 0; j < x.length; j++) {
        sum += w[j] * change[j];
      }
      return sum;
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LINF", "L2", "L1"})
  void findsTheNearestPoint(Norm norm) {
    RandomGenerator random = new Seed(3).split(norm.key()).generator();
    int missed = 0;
    for (int dimensions = 1; dimensions <= 5; dimensions++) {
      Case[] cases = new Case[CASES];
      int d = dimensions;
      Arrays.setAll(cases, i -> draw(random, d));
      double[][] found = reach(norm, cases);
      for (int i = 0; i < CASES; i++) {
        missed += judge(norm, cases[i], found[i]) ? 1 : 0;
      }
    }
    assertThat(missed).as("hyperplanes that miss the box").isBetween(100, 450);
  }

  /** Whether the hyperplane misses the box. */
  private static boolean judge(Norm norm, Case c, double[] change) {
    for (int j = 0; j < change.length; j++) {
      assertThat(c.x[j] + change[j]).isBetween(BOX.low() - 1e-12, BOX.high() + 1e-12);
    }
    double least = nearestToZero(c);
    assertThat(Math.abs(c.at(change))).as("%s", c).isEqualTo(least, within(1e-9));
    if (least > 0) {
      return true;
    }
    double shortest = norm == Norm.LINF ? byHalving(c) : byTrying(norm, c);
    assertThat(length(norm, change)).as("%s", c).isEqualTo(shortest, within(1e-9));
    return false;
  }

  private static Case draw(RandomGenerator random, int d) {
    double[] x = new double[d];
    double[] w = new double[d];
    for (int j = 0; j < d; j++) {
      int kind = random.nextInt(6);
      x[j] = kind == 0 ? BOX.low() : kind == 1 ? BOX.high() : random.nextDouble(-0.5, 1);
      int slope = random.nextInt(6);
      w[j] = slope == 0 ? 0 : slope == 1 ? 1 : random.nextGaussian();
    }
    return new Case(x, w, random.nextInt(10) == 0 ? 0 : random.nextGaussian() * d / 3);
  }

  private static double[][] reach(Norm norm, Case[] cases) {
    int d = cases[0].x.length;
    try (Scope scope = Scope.open()) {
      double[] all =
          Hyperplane.reach(
                  norm,
                  Tensors.of(
                      Arrays.stream(cases).flatMapToDouble(c -> Arrays.stream(c.x)).toArray(),
                      cases.length,
                      d),
                  Tensors.of(
                      Arrays.stream(cases).flatMapToDouble(c -> Arrays.stream(c.w)).toArray(),
                      cases.length,
                      d),
                  Tensors.of(
                      Arrays.stream(cases).mapToDouble(c -> c.value).toArray(), cases.length, 1),
                  BOX)
              .toDoubles();
      double[][] rows = new double[cases.length][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * d, (i + 1) * d));
      return rows;
    }
  }

  /** The smallest absolute value in the box: the linear function takes all between its extremes. */
  private static double nearestToZero(Case c) {
    double low = c.value;
    double high = c.value;
    for (int j = 0; j < c.x.length; j++) {
      double a = c.w[j] * (BOX.low() - c.x[j]);
      double b = c.w[j] * (BOX.high() - c.x[j]);
      low += Math.min(a, b);
      high += Math.max(a, b);
    }
    return low > 0 ? low : high < 0 ? -high : 0;
  }

  /** The smallest radius at which the cube inside the box has a point of value 0. */
  private static double byHalving(Case c) {
    double low = 0;
    double high = BOX.width();
    for (int i = 0; i < 100; i++) {
      double middle = (low + high) / 2;
      double most = 0;
      for (int j = 0; j < c.x.length; j++) {
        double direction = -Math.signum(c.w[j] * c.value);
        double room = direction > 0 ? BOX.high() - c.x[j] : c.x[j] - BOX.low();
        most += Math.abs(c.w[j]) * Math.min(middle, room);
      }
      if (most >= Math.abs(c.value)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  /**
   * Every choice of values that are fixed at a face of the box, in L1 also at no change; the others
   * share what is left as the norm wants it, in L1 one alone has it. The shortest that fits.
   */
  private static double byTrying(Norm norm, Case c) {
    int d = c.x.length;
    double shortest = c.value == 0 ? 0 : Double.POSITIVE_INFINITY;
    for (int code = 0; code < Math.pow(4, d); code++) {
      double[] change = new double[d];
      double squares = 0;
      int free = 0;
      int rest = code;
      for (int j = 0; j < d; j++, rest /= 4) {
        change[j] = rest % 4 == 0 ? BOX.low() - c.x[j] : rest % 4 == 1 ? BOX.high() - c.x[j] : 0;
        boolean moves = rest % 4 == 2;
        squares += moves ? c.w[j] * c.w[j] : 0;
        free += moves ? 1 : 0;
      }
      if (norm == Norm.L1 && free > 1) {
        continue;
      }
      double left = -c.at(change);
      rest = code;
      boolean fits = squares > 0 || Math.abs(left) < 1e-12;
      for (int j = 0; j < d; j++, rest /= 4) {
        if (rest % 4 == 2 && squares > 0) {
          change[j] = left * c.w[j] / squares;
        }
        double at = c.x[j] + change[j];
        fits &= at >= BOX.low() - 1e-12 && at <= BOX.high() + 1e-12;
      }
      shortest = fits ? Math.min(shortest, length(norm, change)) : shortest;
    }
    return shortest;
  }

  private static double length(Norm norm, double[] change) {
    return switch (norm) {
      case L1 -> Arrays.stream(change).map(Math::abs).sum();
      case L2 -> Math.sqrt(Arrays.stream(change).map(v -> v * v).sum());
      default -> Arrays.stream(change).map(Math::abs).max().orElse(0);
    };
  }
}
