package io.holdfast.data.image;

import java.util.random.RandomGenerator;

/**
 * Mirrors left and right.
 *
 * @param probability in [0, 1]
 */
public record Flip(double probability) implements ImageTransform {

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    if (random.nextDouble() >= probability) {
      return;
    }
    for (int row = 0; row < c * h; row++) {
      for (int left = row * w, right = left + w - 1; left < right; left++, right--) {
        float swapped = pixels[left];
        pixels[left] = pixels[right];
        pixels[right] = swapped;
      }
    }
  }
}
