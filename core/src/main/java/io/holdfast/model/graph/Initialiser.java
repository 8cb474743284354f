package io.holdfast.model.graph;

import java.util.random.RandomGenerator;

/** How the elements of one parameter are drawn. */
@FunctionalInterface
public interface Initialiser {
  /** One element. */
  double next(RandomGenerator random);

  static Initialiser constant(double value) {
    return random -> value;
  }

  /** Uniform in [-bound, bound). */
  static Initialiser uniform(double bound) {
    return bound == 0 ? constant(0) : random -> random.nextDouble(-bound, bound);
  }

  static Initialiser normal(double deviation) {
    return random -> deviation * random.nextGaussian();
  }

  /** Normal, drawn again while outside two deviations. */
  static Initialiser truncatedNormal(double deviation) {
    return random -> {
      double z = random.nextGaussian();
      while (Math.abs(z) > 2) {
        z = random.nextGaussian();
      }
      return deviation * z;
    };
  }
}
