package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a figure varies over runs that differ in their seed alone.
 *
 * @param n runs, at least 1
 * @param mean over the runs
 * @param sd standard deviation over the runs, with {@code n - 1}; null for a single run
 * @param ci95 95% interval of the mean by Student's t with {@code n - 1} degrees of freedom
 *     (Student 1908), which supposes that runs are normally distributed; null for a single run
 * @param least the smallest
 * @param most the largest
 */
public record Spread(
    @JsonProperty(required = true) int n,
    @JsonProperty(required = true) double mean,
    @Nullable Double sd,
    @Nullable List<Double> ci95,
    @JsonProperty(required = true) double least,
    @JsonProperty(required = true) double most) {
  /** The 97.5% quantiles of Student's t for 1, 2, ... degrees of freedom. */
  private static final double[] T = {
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
    2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922,
    2.093024, 2.085963
  };

  public Spread {
    ci95 = ci95 == null ? null : List.copyOf(ci95);
  }

  /** Of at least one value. */
  public static Spread of(double... values) {
    int n = values.length;
    if (n == 0) {
      throw new IllegalArgumentException("no values");
    }
    double mean = Arrays.stream(values).sum() / n;
    double least = Arrays.stream(values).min().orElseThrow();
    double most = Arrays.stream(values).max().orElseThrow();
    if (n == 1) {
      return new Spread(1, mean, null, null, least, most);
    }
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    double sd = Math.sqrt(squares / (n - 1));
    double half = quantile(n - 1) * sd / Math.sqrt(n);
    return new Spread(n, mean, sd, List.of(mean - half, mean + half), least, most);
  }

  /** Whether the interval excludes 0, for differences. */
  public boolean clear() {
    return ci95 != null && (ci95.get(0) > 0 || ci95.get(1) < 0);
  }

  /**
   * The 97.5% quantile of Student's t; beyond the table by the expansion around the normal quantile
   * (Abramowitz and Stegun 1964, 26.7.5), right to six digits there.
   */
  static double quantile(int degrees) {
    if (degrees <= T.length) {
      return T[degrees - 1];
    }
    double z = Wilson.Z95;
    double z2 = z * z;
    double g1 = z * (z2 + 1) / 4;
    double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
    double d = degrees;
    return z + g1 / d + g2 / (d * d) + g3 / (d * d * d) + g4 / (d * d * d * d);
  }
}
