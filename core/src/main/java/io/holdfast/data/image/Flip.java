package io.holdfast.data.image;

import java.util.random.RandomGenerator;

/**
 * Mirrors left and right.
 *
 * @param probability in [0, 1]
 */
public record Flip(double probability) implements ImageTransform {
  private static final Placement MIRRORED = new Placement(true, 0, 0);

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    placement(random).apply(pixels, c, h, w);
  }

  @Override
  public Placement placement(RandomGenerator random) {
    return random.nextDouble() < probability ? MIRRORED : Placement.SAME;
  }
}
