package io.holdfast.data.image;

import java.util.random.RandomGenerator;

/**
 * Mixes an image with several randomly processed versions of itself (Hendrycks et al. 2020, arXiv
 * 1912.02781, algorithm 1): {@code m x + (1 - m) sum_i w_i chain_i(x)}, with {@code w ~
 * Dirichlet(alpha, ...)}, {@code m ~ Beta(alpha, alpha)} and chains of 1 to {@code depth}
 * operations that avoid the corruptions of the usual benchmarks.
 *
 * @param chains number of chains, at least 1
 * @param depth longest chain, at least 1
 * @param alpha concentration, positive
 * @param severity strength of the operations, in (0, 10]
 */
public record AugMix(int chains, int depth, double alpha, double severity)
    implements ImageTransform {

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    double[] weights = dirichlet(chains, random);
    double keep = dirichlet(2, random)[0]; // Beta(alpha, alpha)
    float[] mixed = new float[pixels.length];
    for (int chain = 0; chain < chains; chain++) {
      float[] image = pixels.clone();
      int length = 1 + random.nextInt(depth);
      for (int i = 0; i < length; i++) {
        image = AugMixOperation.random(random).apply(image, c, h, w, severity, random);
      }
      for (int i = 0; i < image.length; i++) {
        mixed[i] += (float) weights[chain] * image[i];
      }
    }
    for (int i = 0; i < pixels.length; i++) {
      double value = keep * pixels[i] + (1 - keep) * mixed[i];
      pixels[i] = (float) Math.min(1, Math.max(0, value));
    }
  }

  private double[] dirichlet(int n, RandomGenerator random) {
    double[] weights = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      weights[i] = gamma(alpha, random);
      sum += weights[i];
    }
    for (int i = 0; i < n; i++) {
      weights[i] = sum > 0 ? weights[i] / sum : 1.0 / n;
    }
    return weights;
  }

  /** A gamma variate of unit scale (Marsaglia and Tsang 2000); shapes below 1 by boosting. */
  private static double gamma(double shape, RandomGenerator random) {
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
}
