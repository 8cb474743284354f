package io.holdfast.record;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many times as large something is in a second run as in a first one, sample by sample: the
 * median of the ratios with an interval that supposes nothing of their distribution, between two of
 * the sorted ratios (Conover 1999, <i>Practical nonparametric statistics</i>, section 3.2).
 *
 * @param n pairs, at least 1
 * @param median of the ratios
 * @param ci95 two of the ratios, between which the true median lies with 95% probability at least;
 *     null for fewer than six pairs, which do not tell
 * @param smaller pairs whose second is the smaller
 * @param larger pairs whose second is the larger
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PairedRatio(
    int n, double median, @Nullable List<Double> ci95, int smaller, int larger) {
  private static final double TAIL = 0.025;

  public PairedRatio {
    ci95 = ci95 == null ? null : List.copyOf(ci95);
  }

  /** Whether the interval excludes 1. */
  public boolean clear() {
    return ci95 != null && (ci95.get(0) > 1 || ci95.get(1) < 1);
  }

  /**
   * Of pairs of numbers above 0.
   *
   * @throws IllegalArgumentException if there is none, or they are no pairs
   */
  public static PairedRatio of(double[] first, double[] second) {
    if (first.length == 0 || first.length != second.length) {
      throw new IllegalArgumentException(first.length + " and " + second.length + " are no pairs");
    }
    int n = first.length;
    double[] ratios = new double[n];
    Arrays.setAll(ratios, i -> second[i] / first[i]);
    Arrays.sort(ratios);
    int below = below(n);
    return new PairedRatio(
        n,
        (ratios[(n - 1) / 2] + ratios[n / 2]) / 2,
        below == 0 ? null : List.of(ratios[below - 1], ratios[n - below]),
        (int) Arrays.stream(ratios).filter(r -> r < 1).count(),
        (int) Arrays.stream(ratios).filter(r -> r > 1).count());
  }

  /**
   * The most values that may be left out at either end: of {@code n} throws of a fair coin, fewer
   * heads than that have a probability of at most {@value #TAIL}.
   */
  private static int below(int n) {
    double logTerm = -n * Math.log(2); // of no head
    double sum = 0;
    int heads = 0;
    while (heads < n && sum + Math.exp(logTerm) <= TAIL) {
      sum += Math.exp(logTerm);
      logTerm += Math.log((double) n - heads) - Math.log(heads + 1.0);
      heads++;
    }
    return heads;
  }
}
