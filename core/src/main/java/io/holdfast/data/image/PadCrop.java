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
    int down = random.nextInt(2 * padding + 1) - padding;
    int right = random.nextInt(2 * padding + 1) - padding;
    float[] from = pixels.clone();
    for (int i = 0; i < pixels.length; i++) {
      int y = i / w % h + down;
      int x = i % w + right;
      boolean inside = y >= 0 && y < h && x >= 0 && x < w;
      pixels[i] = inside ? from[(i / (h * w)) * h * w + y * w + x] : 0;
    }
  }
}
