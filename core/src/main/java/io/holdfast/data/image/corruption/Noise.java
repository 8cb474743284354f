package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import java.util.random.RandomGenerator;

/**
 * Noise in every value by itself.
 *
 * @param kind its distribution
 * @param strength deviation, photons at full brightness, or the part of the values that is replaced
 */
record Noise(Kind kind, double strength) implements ImageTransform {
  enum Kind {
    /** Normal. */
    GAUSSIAN,
    /** Photons counted, Poisson. */
    SHOT,
    /** Zero or one instead of the value, with equal chances. */
    IMPULSE,
    /** Normal, in proportion to the value. */
    SPECKLE
  }

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = Levels.clip(changed(pixels[i], random));
    }
  }

  private double changed(float x, RandomGenerator random) {
    return switch (kind) {
      case GAUSSIAN -> x + strength * random.nextGaussian();
      case SHOT -> Poisson.draw(x * strength, random.nextDouble()) / strength;
      case IMPULSE -> {
        boolean hit = random.nextDouble() < strength;
        boolean salt = random.nextBoolean();
        yield hit ? (salt ? 1 : 0) : x;
      }
      case SPECKLE -> x + x * strength * random.nextGaussian();
    };
  }
}
