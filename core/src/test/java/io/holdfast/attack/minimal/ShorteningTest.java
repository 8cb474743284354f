package io.holdfast.attack.minimal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against a search for the one number that the nearest short change depends on. */
class ShorteningTest {
  private static final int ROWS = 200;

  @ParameterizedTest
  @EnumSource(Norm.class)
  void findsTheNearestShortChange(Norm norm) {
    RandomGenerator random = new Seed(4).split(norm.key()).generator();
    for (int d = 1; d <= 6; d++) {
      double[] changes = new double[ROWS * d];
      double[] limits = new double[ROWS];
      for (int i = 0; i < changes.length; i++) {
        changes[i] = random.nextInt(5) == 0 ? 0 : random.nextGaussian();
      }
      for (int i = 0; i < ROWS; i++) {
        boolean counts = norm == Norm.L0;
        limits[i] =
            counts ? random.nextInt(d + 2) : random.nextInt(8) == 0 ? 0 : random.nextDouble(3);
      }
      double[] found;
      try (Scope scope = Scope.open()) {
        found =
            Shortening.to(norm, Tensors.of(changes, ROWS, d), Tensors.of(limits, ROWS, 1))
                .toDoubles();
      }
      for (int i = 0; i < ROWS; i++) {
        double[] change = Arrays.copyOfRange(changes, i * d, (i + 1) * d);
        double[] own = Arrays.copyOfRange(found, i * d, (i + 1) * d);
        assertThat(own)
            .as("%s to %s", Arrays.toString(change), limits[i])
            .containsExactly(slow(norm, change, limits[i]), within(1e-9));
      }
    }
  }

  /** Against all choices of values. */
  @Test
  void findsTheNearestChangeOfFewValuesInsideTheBox() {
    RandomGenerator random = new Seed(5).generator();
    int d = 6;
    int size = ROWS * d;
    double[] change = random.doubles(size, -2, 2).toArray();
    double[] boxed = new double[change.length];
    Arrays.setAll(boxed, j -> change[j] * (random.nextInt(3) == 0 ? 0 : random.nextDouble()));
    double[] limits = random.ints(ROWS, 0, d + 1).asDoubleStream().toArray();
    double[] found;
    try (Scope scope = Scope.open()) {
      found =
          Shortening.counted(
                  Tensors.of(change, ROWS, d),
                  Tensors.of(boxed, ROWS, d),
                  Tensors.of(limits, ROWS, 1))
              .toDoubles();
    }
    for (int i = 0; i < ROWS; i++) {
      double nearest = Double.POSITIVE_INFINITY;
      for (int set = 0; set < 1 << d; set++) {
        double distance = 0;
        for (int j = 0; j < d; j++) {
          double kept = ((set >> j) & 1) == 1 ? boxed[i * d + j] : 0;
          distance += Math.pow(change[i * d + j] - kept, 2);
        }
        nearest = Integer.bitCount(set) <= limits[i] ? Math.min(nearest, distance) : nearest;
      }
      double own = 0;
      int values = 0;
      for (int j = i * d; j < (i + 1) * d; j++) {
        own += Math.pow(change[j] - found[j], 2);
        values += found[j] == 0 ? 0 : 1;
      }
      assertThat(values).isLessThanOrEqualTo((int) limits[i]);
      assertThat(own).isCloseTo(nearest, within(1e-9));
    }
  }

  private static double[] slow(Norm norm, double[] change, double limit) {
    if (norm == Norm.L0) {
      double[] kept = new double[change.length];
      boolean[] used = new boolean[change.length];
      for (int k = 0; k < Math.min(limit, change.length); k++) {
        int best = -1;
        for (int j = 0; j < change.length; j++) {
          boolean larger = best < 0 || Math.abs(change[j]) > Math.abs(change[best]);
          best = larger && !used[j] ? j : best;
        }
        used[best] = true;
        kept[best] = change[best];
      }
      return kept;
    }
    double low = 0; // how much is taken away: a threshold, or a part in L2
    double high = norm == Norm.L2 ? 1 : Arrays.stream(change).map(Math::abs).max().orElse(0);
    if (length(norm, change) <= limit) {
      return change;
    }
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      boolean fits = length(norm, less(norm, change, middle)) <= limit;
      low = fits ? low : middle;
      high = fits ? middle : high;
    }
    return less(norm, change, high);
  }

  private static double[] less(Norm norm, double[] change, double by) {
    double largest = Arrays.stream(change).map(Math::abs).max().orElse(0);
    return Arrays.stream(change)
        .map(
            v ->
                switch (norm) {
                  case L2 -> v * (1 - by);
                  case L1 -> Math.signum(v) * Math.max(0, Math.abs(v) - by);
                  default -> Math.signum(v) * Math.min(Math.abs(v), largest - by);
                })
        .toArray();
  }

  private static double length(Norm norm, double[] change) {
    return switch (norm) {
      case L1 -> Arrays.stream(change).map(Math::abs).sum();
      case L2 -> Math.sqrt(Arrays.stream(change).map(v -> v * v).sum());
      default -> Arrays.stream(change).map(Math::abs).max().orElse(0);
    };
  }
}
