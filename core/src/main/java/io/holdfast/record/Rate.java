package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A proportion of samples with its 95% {@link Wilson} interval.
 *
 * @param value successes over {@code n}, in [0, 1]
 * @param n number of samples, at least 1
 * @param ci95 lower and upper end
 */
public record Rate(
    @JsonProperty(required = true) double value,
    @JsonProperty(required = true) long n,
    @JsonProperty(required = true) List<Double> ci95) {

  /**
   * @throws IllegalArgumentException if these are no proportion and its interval
   */
  public Rate {
    ci95 = List.copyOf(ci95);
    if (n < 1 || !(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("no rate: " + value + " of n = " + n);
    }
    if (ci95.size() != 2 || !(0 <= lo(ci95) && lo(ci95) <= hi(ci95) && hi(ci95) <= 1)) {
      throw new IllegalArgumentException("ci95: expected [lo, hi] within [0, 1], found " + ci95);
    }
  }

  /** {@code successes} of {@code n}, which is at least 1. */
  public static Rate of(long successes, long n) {
    Interval interval = Wilson.interval(successes, n);
    return new Rate((double) successes / n, n, List.of(interval.lo(), interval.hi()));
  }

  /** The number of successes. */
  public long successes() {
    return Math.round(value * n);
  }

  /** The 95% interval. */
  public Interval interval() {
    return new Interval(lo(ci95), hi(ci95));
  }

  private static double lo(List<Double> ends) {
    return ends.get(0);
  }

  private static double hi(List<Double> ends) {
    return ends.get(1);
  }
}
