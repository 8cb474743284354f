package io.holdfast.data.image;

import io.holdfast.common.Variates;
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
    double[] weights = Variates.dirichlet(chains, alpha, random);
    double keep = Variates.beta(alpha, random);
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
}
