package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The difference of two proportions, second minus first, with a 95% interval by Newcombe's hybrid
 * score method.
 *
 * @param first of the first run
 * @param second of the second run
 * @param value {@code second - first}, in [-1, 1]
 * @param ci95 lower and upper end
 * @param paired whether both runs judged the same samples, so that samples were compared one by one
 * @param mcnemar two-sided p-value of McNemar's exact test that the runs are equal; null if
 *     unpaired
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Difference(
    Rate first,
    Rate second,
    @JsonProperty(required = true) double value,
    List<Double> ci95,
    @JsonProperty(required = true) boolean paired,
    @Nullable Double mcnemar) {

  public Difference {
    ci95 = List.copyOf(ci95);
  }

  /** Whether the interval excludes 0. */
  public boolean clear() {
    return ci95.get(0) > 0 || ci95.get(1) < 0;
  }

  /** In points of 100, with the interval: {@code +3.1 points (95%: +1.0 to +5.2)}. */
  public String inPoints() {
    return String.format(
        Locale.ROOT,
        "%+.1f points (95%%: %+.1f to %+.1f)",
        100 * value,
        100 * ci95.get(0),
        100 * ci95.get(1));
  }

  /**
   * Of different samples: Newcombe 1998, <i>Interval estimation for the difference between
   * independent proportions</i>, method 10.
   */
  public static Difference unpaired(Rate first, Rate second) {
    return hybrid(first, second, 0, false, null);
  }

  /**
   * Of the same samples: Newcombe 1998, <i>Improved confidence intervals for the difference between
   * binomial proportions based on paired data</i>, method 10.
   *
   * @param both successes in both runs
   * @param onlyFirst successes in the first run alone
   * @param onlySecond successes in the second run alone
   * @param neither successes in none; the four counts add up to at least 1
   */
  public static Difference paired(long both, long onlyFirst, long onlySecond, long neither) {
    long n = both + onlyFirst + onlySecond + neither;
    Rate first = Rate.of(both + onlyFirst, n);
    Rate second = Rate.of(both + onlySecond, n);
    double correlation = correlation(both, onlyFirst, onlySecond, neither);
    return hybrid(first, second, correlation, true, mcnemar(onlyFirst, onlySecond));
  }

  private static Difference hybrid(
      Rate first, Rate second, double correlation, boolean paired, @Nullable Double mcnemar) {
    double value = second.value() - first.value();
    double down = second.value() - second.interval().lo();
    double up = second.interval().hi() - second.value();
    double firstDown = first.value() - first.interval().lo();
    double firstUp = first.interval().hi() - first.value();
    double lo = value - length(down, firstUp, correlation);
    double hi = value + length(up, firstDown, correlation);
    List<Double> ends = List.of(Math.max(-1, lo), Math.min(1, hi));
    return new Difference(first, second, value, ends, paired, mcnemar);
  }

  /** Third side of a triangle, given two and the cosine of the angle between them. */
  private static double length(double a, double b, double cosine) {
    return Math.sqrt(Math.max(0, a * a - 2 * cosine * a * b + b * b));
  }

  /** The continuity-corrected phi coefficient of Newcombe's equation. */
  private static double correlation(long both, long onlyFirst, long onlySecond, long neither) {
    double margins =
        (double) (both + onlyFirst)
            * (onlySecond + neither)
            * (both + onlySecond)
            * (onlyFirst + neither);
    if (margins == 0) {
      return 0;
    }
    double n = (double) both + onlyFirst + onlySecond + neither;
    double covariance = (double) both * neither - (double) onlyFirst * onlySecond;
    double corrected = covariance > 0 ? Math.max(0, covariance - n / 2) : covariance;
    return corrected / Math.sqrt(margins);
  }

  /** Twice the smaller tail of a fair coin thrown once per sample on which the runs differ. */
  private static double mcnemar(long onlyFirst, long onlySecond) {
    long n = onlyFirst + onlySecond;
    long fewer = Math.min(onlyFirst, onlySecond);
    double logChoose = 0;
    double tail = 0;
    for (long k = 0; k <= fewer; k++) {
      tail += Math.exp(logChoose - n * Math.log(2));
      logChoose += Math.log((double) n - k) - Math.log1p((double) k);
    }
    return Math.min(1, 2 * tail);
  }
}
