package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WilsonTest {
  /** Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 3. */
  @Test
  void publishedValues() {
    assertInterval(81, 263, 0.2553, 0.3662);
    assertInterval(15, 148, 0.0624, 0.1605);
    assertInterval(0, 20, 0.0000, 0.1611);
    assertInterval(1, 29, 0.0061, 0.1718);
  }

  private static void assertInterval(long successes, long n, double lo, double hi) {
    Interval interval = Wilson.interval(successes, n);
    assertThat(interval.lo()).isCloseTo(lo, within(5e-5));
    assertThat(interval.hi()).isCloseTo(hi, within(5e-5));
  }

  /** The interval is the set of p that the score test does not reject, found here by bisection. */
  @Property(tries = 300, seed = "2026")
  void endsAreWhereTheScoreTestTurns(
      @ForAll @IntRange(min = 1, max = 5000) int n, @ForAll @IntRange(max = 5000) int k) {
    int successes = k % (n + 1);
    Interval interval = Wilson.interval(successes, n);
    double share = (double) successes / n;
    assertThat(interval.lo()).isCloseTo(turn(share, 0, share, n), within(1e-9));
    assertThat(interval.hi()).isCloseTo(turn(share, 1, share, n), within(1e-9));
  }

  private static double turn(double inside, double outside, double share, int n) {
    for (int i = 0; i < 100; i++) {
      double middle = (inside + outside) / 2;
      double error = Math.sqrt(middle * (1 - middle) / n);
      boolean accepted = Math.abs(share - middle) <= Wilson.Z95 * error;
      inside = accepted ? middle : inside;
      outside = accepted ? outside : middle;
    }
    return (inside + outside) / 2;
  }

  @Test
  void countsMustBeAProportion() {
    assertThatThrownBy(() -> Wilson.interval(1, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Wilson.interval(3, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Wilson.interval(-1, 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Wilson.interval(1, 2, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
