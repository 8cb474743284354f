package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A mean over samples of each sample's own share of right answers, in [0, 1]. Its 95% interval is
 * the normal one over samples, whose answers to several corruptions depend on each other.
 *
 * @param value the mean
 * @param n number of samples, at least 1
 * @param ci95 lower and upper end, within [0, 1]
 */
public record MeanAccuracy(
    @JsonProperty(required = true) double value,
    @JsonProperty(required = true) long n,
    @JsonProperty(required = true) List<Double> ci95) {

  /**
   * @throws IllegalArgumentException if these are no mean and its interval
   */
  public MeanAccuracy {
    ci95 = List.copyOf(ci95);
    boolean fits = ci95.size() == 2 && 0 <= ci95.get(0) && ci95.get(1) <= 1;
    if (n < 1 || !(value >= 0 && value <= 1) || !fits || ci95.get(0) > ci95.get(1)) {
      throw new IllegalArgumentException("no mean: " + value + " " + ci95 + " of n = " + n);
    }
  }

  /** Of at least one share; the order decides the last bits. */
  static MeanAccuracy of(double[] shares) {
    int n = shares.length;
    double sum = 0;
    double squares = 0;
    for (double share : shares) {
      sum += share;
      squares += share * share;
    }
    double mean = Math.min(1, sum / n);
    if (n == 1) { // says nothing of how others would do
      return new MeanAccuracy(mean, n, List.of(0.0, 1.0));
    }
    double variance = Math.max(0, squares - sum * sum / n) / (n - 1);
    double half = Wilson.Z95 * Math.sqrt(variance / n);
    return new MeanAccuracy(mean, n, List.of(Math.max(0, mean - half), Math.min(1, mean + half)));
  }

  /** The 95% interval. */
  public Interval interval() {
    return new Interval(ci95.get(0), ci95.get(1));
  }
}
