package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Mean and median of some numbers; the median of an even count is the mean of the two in the
 * middle.
 *
 * @param mean arithmetic mean
 * @param median the middle
 * @param n how many, at least 1
 */
public record Summary(
    @JsonProperty(required = true) double mean,
    @JsonProperty(required = true) double median,
    @JsonProperty(required = true) long n) {

  /** Of those that are not NaN, in any order with the same bits; null if there is none. */
  static @Nullable Summary of(double[] values) {
    double[] sorted = Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
    int n = sorted.length;
    if (n == 0) {
      return null;
    }
    double sum = 0;
    for (double value : sorted) {
      sum += value;
    }
    double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return new Summary(sum / n, median, n);
  }
}
