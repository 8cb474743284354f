package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import io.holdfast.data.image.Resampler;
import java.util.random.RandomGenerator;

/**
 * Fewer, larger pixels: shrunk to a part of each side, then enlarged.
 *
 * @param part of a side that is left, in (0, 1]
 */
record Pixelate(double part) implements ImageTransform {
  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    int height = Math.max(1, (int) (h * part));
    int width = Math.max(1, (int) (w * part));
    float[] small = Resampler.resize(pixels, c, h, w, height, width, Resampler.Filter.BOX);
    float[] large = Resampler.resize(small, c, height, width, h, w, Resampler.Filter.BOX);
    System.arraycopy(large, 0, pixels, 0, pixels.length);
    Levels.clip(pixels);
  }
}
