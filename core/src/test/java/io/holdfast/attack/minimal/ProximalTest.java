package io.holdfast.attack.minimal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against points around, and in one dimension against a grid. */
class ProximalTest {
  private static final int CASES = 40;
  private static final int NEIGHBOURS = 200;

  @ParameterizedTest
  @EnumSource
  void noPointAroundIsBetter(Norm norm) {
    RandomGenerator random = new Seed(8).split(norm.key()).generator();
    int moved = 0;
    for (int i = 0; i < CASES; i++) {
      double[] x = random.doubles(4, -1, 1).toArray();
      double lambda = random.nextDouble(0.01, 0.6);
      double[] z = of(norm, x, lambda);
      double least = cost(norm, x, z, lambda);
      for (int k = 0; k < NEIGHBOURS; k++) {
        double[] other = z.clone();
        double size = Math.pow(10, random.nextDouble(-4, 0));
        for (int j = 0; j < other.length; j++) {
          other[j] += random.nextInt(2) * size * random.nextGaussian();
        }
        assertThat(cost(norm, x, other, lambda)).isGreaterThanOrEqualTo(least - 1e-9);
      }
      moved += cost(norm, x, x, lambda) > least ? 1 : 0;
    }
    assertThat(moved).isEqualTo(CASES);
  }

  /** Where the root is to be told from 0, which neighbours of a local minimum do not. */
  @ParameterizedTest
  @EnumSource(names = "L0")
  void theRootIsTheBestOnALine(Norm norm) {
    for (double x = -1.5; x <= 1.5; x += 0.0625) {
      for (double lambda : new double[] {0.01, 0.1, 0.5}) {
        double best = Double.POSITIVE_INFINITY;
        for (int k = -2000; k <= 2000; k++) {
          best = Math.min(best, cost(norm, new double[] {x}, new double[] {k * 1e-3}, lambda));
        }
        double found = cost(norm, new double[] {x}, of(norm, new double[] {x}, lambda), lambda);
        assertThat(found).as("%s %s", x, lambda).isLessThanOrEqualTo(best + 1e-9);
        assertThat(found).isEqualTo(best, within(1e-4));
      }
    }
  }

  private static double[] of(Norm norm, double[] x, double lambda) {
    try (Scope scope = Scope.open()) {
      return Proximal.of(norm, Tensors.of(x, 1, x.length), Tensors.of(new double[] {lambda}, 1, 1))
          .toDoubles();
    }
  }

  private static double cost(Norm norm, double[] x, double[] z, double lambda) {
    double near = 0;
    double sum = 0;
    for (int j = 0; j < x.length; j++) {
      near += (z[j] - x[j]) * (z[j] - x[j]) / 2;
      double size = Math.abs(z[j]);
      sum =
          switch (norm) {
            case L0 -> sum + Math.cbrt(size * size);
            case L1 -> sum + size;
            case L2 -> sum + size * size;
            case LINF -> Math.max(sum, size);
          };
    }
    return near + lambda * (norm == Norm.L2 ? Math.sqrt(sum) : sum);
  }
}
