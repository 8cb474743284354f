package io.holdfast.data.image;

import java.util.random.RandomGenerator;

/**
 * Shifts by up to {@code padding} pixels either way: pads with zeros, then crops at random.
 *
 * @param padding at least 0
 */
public record PadCrop(int padding) implements ImageTransform {

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    placement(random).apply(pixels, c, h, w);
  }

  @Override
  public Placement placement(RandomGenerator random) {
    int down = random.nextInt(2 * padding + 1) - padding;
    int right = random.nextInt(2 * padding + 1) - padding;
    return new Placement(false, right, down);
  }
}
