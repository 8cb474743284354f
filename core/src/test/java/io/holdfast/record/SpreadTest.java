package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Json;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Figures over seeds. */
class SpreadTest {
  /** Published: the values of a textbook example, with t(4) = 2.776. */
  @Test
  void meanDeviationAndInterval() {
    Spread spread = Spread.of(2, 4, 4, 6, 9);
    assertThat(spread.mean()).isEqualTo(5);
    assertThat(Objects.requireNonNull(spread.sd())).isCloseTo(Math.sqrt(7), within(1e-12));
    List<Double> ends = Objects.requireNonNull(spread.ci95());
    double half = 2.776445 * Math.sqrt(7.0 / 5);
    assertThat(ends.get(0)).isCloseTo(5 - half, within(1e-6));
    assertThat(ends.get(1)).isCloseTo(5 + half, within(1e-6));
    assertThat(spread.clear()).isTrue();
    assertThat(Spread.of(-1, 1, 0.5).clear()).isFalse();
    assertThat(Spread.of(3)).isEqualTo(new Spread(1, 3, null, null, 3, 3));
    assertThat(Json.parse(Json.compact(spread), "", Spread.class)).isEqualTo(spread);
    assertThatThrownBy(Spread::of).isInstanceOf(IllegalArgumentException.class);
  }

  /** A slow, obvious twin: the density added up from 0 to the quantile makes 0.475. */
  @Test
  void quantilesHoldNinetyFivePercent() {
    for (int degrees : new int[] {1, 2, 3, 7, 19, 20, 21, 40, 200}) {
      int steps = 200_000;
      double t = Spread.quantile(degrees);
      double h = t / steps;
      double area =
          IntStream.range(0, steps).mapToDouble(i -> density((i + 0.5) * h, degrees) * h).sum();
      assertThat(area).as("%s degrees", degrees).isCloseTo(0.475, within(1e-6));
    }
  }

  private static double density(double t, int d) {
    double c = Math.exp(logGammaOfHalf(d + 1) - logGammaOfHalf(d)) / Math.sqrt(d * Math.PI);
    return c * Math.pow(1 + t * t / d, -(d + 1) / 2.0);
  }

  /** The logarithm of Gamma(n / 2), by its recurrence. */
  private static double logGammaOfHalf(int n) {
    double sum = n % 2 == 0 ? 0 : Math.log(Math.sqrt(Math.PI));
    for (double x = n % 2 == 0 ? 1 : 0.5; x < n / 2.0; x++) {
      sum += Math.log(x);
    }
    return sum;
  }

  @Test
  void seedsArePairedByTheirNumbers() {
    SeedRuns first = runs(Map.of(1L, 0.5, 2L, 0.7, 3L, 0.6));
    SeedRuns second = runs(Map.of(2L, 0.71, 3L, 0.63, 9L, 0.1));
    Spread difference = Objects.requireNonNull(first.differences(second).get("clean accuracy"));
    assertThat(difference.n()).isEqualTo(2);
    assertThat(difference.mean()).isCloseTo(0.02, within(1e-12));
    assertThatThrownBy(() -> first.differences(runs(Map.of(8L, 0.5))))
        .hasMessageContaining("seeds in common");
  }

  private static SeedRuns runs(Map<Long, Double> clean) {
    return SeedRuns.of(
        "x",
        clean.entrySet().stream()
            .map(e -> new SeedRuns.Run(e.getKey(), "", Map.of("clean accuracy", e.getValue())))
            .toList());
  }
}
