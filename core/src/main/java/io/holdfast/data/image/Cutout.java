package io.holdfast.data.image;

import java.util.random.RandomGenerator;

/**
 * Blanks a square around a random pixel, clipped at the borders (DeVries and Taylor 2017, section
 * 3.2, arXiv 1708.04552).
 *
 * @param size side of the square in pixels, at least 0
 * @param probability in [0, 1]
 */
public record Cutout(int size, double probability) implements ImageTransform {

  @Override
  public Placement placement(RandomGenerator random) {
    return Placement.SAME;
  }

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    if (random.nextDouble() >= probability) {
      return;
    }
    int top = random.nextInt(h) - size / 2;
    int left = random.nextInt(w) - size / 2;
    for (int i = 0; i < pixels.length; i++) {
      int y = i / w % h - top;
      int x = i % w - left;
      if (y >= 0 && y < size && x >= 0 && x < size) {
        pixels[i] = 0;
      }
    }
  }
}
