package io.holdfast.record;

/**
 * Wilson's score interval of a proportion (Wilson 1927, <i>Probable inference, the law of
 * succession, and statistical inference</i>, equation 1): all proportions {@code p} with {@code
 * (k/n - p)^2 <= z^2 p (1 - p) / n}. Unlike the normal interval it stays within [0, 1] and has a
 * width above zero at 0 and n successes.
 */
public final class Wilson {
  /** The 97.5% quantile of the standard normal distribution, for 95% intervals. */
  public static final double Z95 = 1.959963984540054;

  private Wilson() {}

  /**
   * The 95% interval.
   *
   * @param successes 0 to {@code n}
   * @param n at least 1
   */
  public static Interval interval(long successes, long n) {
    return interval(successes, n, Z95);
  }

  /**
   * The interval at another quantile {@code z}, above 0.
   *
   * @throws IllegalArgumentException if the counts are no proportion or z is not above 0
   */
  public static Interval interval(long successes, long n, double z) {
    if (n < 1 || successes < 0 || successes > n || !(z > 0)) {
      throw new IllegalArgumentException(successes + " of " + n + " at z = " + z);
    }
    double p = (double) successes / n;
    double z2 = z * z / n;
    double centre = (p + z2 / 2) / (1 + z2);
    double half = z / (1 + z2) * Math.sqrt(p * (1 - p) / n + z2 / (4 * n));
    return new Interval(
        successes == 0 ? 0 : Math.max(0, centre - half),
        successes == n ? 1 : Math.min(1, centre + half));
  }
}
