package io.holdfast.common;

import java.util.random.RandomGenerator;

/**
 * Random numbers of distributions that {@link RandomGenerator} lacks, the same on every platform.
 */
public final class Variates {
  private Variates() {}

  /**
   * A gamma variate of unit scale (Marsaglia and Tsang 2000); shapes below 1 by boosting.
   *
   * @param shape above 0
   */
  public static double gamma(double shape, RandomGenerator random) {
    if (shape < 1) {
      return gamma(shape + 1, random) * StrictMath.pow(1 - random.nextDouble(), 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double scale = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double v = 1 + scale * x;
      double cube = v * v * v;
      double bound = 0.5 * x * x + d - d * cube + d * StrictMath.log(Math.max(cube, 1e-300));
      if (v > 0 && StrictMath.log(1 - random.nextDouble()) < bound) {
        return d * cube;
      }
    }
  }

  /** The logarithm of {@link #gamma}, also where that is too small for a double. */
  private static double logGamma(double shape, RandomGenerator random) {
    if (shape < 1) {
      double above = StrictMath.log(gamma(shape + 1, random));
      return above + StrictMath.log(1 - random.nextDouble()) / shape;
    }
    return StrictMath.log(gamma(shape, random));
  }

  /**
   * Shares that sum up to 1, of a symmetric Dirichlet distribution.
   *
   * @param n how many
   * @param alpha concentration, above 0
   */
  public static double[] dirichlet(int n, double alpha, RandomGenerator random) {
    double[] logs = new double[n];
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      logs[i] = logGamma(alpha, random);
      most = Math.max(most, logs[i]);
    }
    double[] shares = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      shares[i] = StrictMath.exp(logs[i] - most);
      sum += shares[i];
    }
    for (int i = 0; i < n; i++) {
      shares[i] /= sum;
    }
    return shares;
  }

  /** A variate of Beta(alpha, alpha), in [0, 1]. */
  public static double beta(double alpha, RandomGenerator random) {
    return dirichlet(2, alpha, random)[0];
  }
}
