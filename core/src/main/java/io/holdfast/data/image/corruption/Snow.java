package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import io.holdfast.data.image.Luma;
import io.holdfast.data.image.Resampler;
import java.util.random.RandomGenerator;

/**
 * Falling flakes over an image whose dark parts are whitened. Flakes are what is left of normal
 * noise above a threshold, moved along a steep line; they fall twice, once upside down.
 *
 * @param mean of the noise
 * @param deviation of the noise
 * @param zoom size of a flake in pixels where it is drawn, at least 1
 * @param threshold that a flake must exceed
 * @param radius of the movement in pixels
 * @param spread deviation of the movement's window in pixels
 * @param keep part of the image that is not whitened
 * @param shrink size of the image as a part of that on which the flakes are drawn, in (0, 1]
 */
record Snow(
    double mean,
    double deviation,
    double zoom,
    double threshold,
    double radius,
    double spread,
    double keep,
    double shrink)
    implements ImageTransform {
  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    int plane = h * w;
    int high = (int) Math.rint(h / shrink);
    int wide = (int) Math.rint(w / shrink);
    float[] large = flakes(high, wide, random);
    float[] flakes =
        shrink == 1
            ? large
            : Resampler.resize(large, 1, high, wide, h, w, Resampler.Filter.TRIANGLE);
    float[] white = new float[plane];
    for (int i = 0; i < plane; i++) {
      white[i] = Luma.at(pixels, c, plane, i) * 1.5f + 0.5f;
    }
    for (int i = 0; i < pixels.length; i++) {
      int at = i % plane;
      double whitened = keep * pixels[i] + (1 - keep) * Math.max(pixels[i], white[at]);
      pixels[i] = Levels.clip(whitened + flakes[at] + flakes[plane - 1 - at]);
    }
  }

  private float[] flakes(int h, int w, RandomGenerator random) {
    float[] noise = new float[h * w];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) (mean + deviation * random.nextGaussian());
    }
    float[] large = Enlarged.by(zoom, noise, h, w);
    for (int i = 0; i < large.length; i++) {
      large[i] = large[i] < threshold ? 0 : Levels.clip(large[i]);
    }
    return Blur.motion(large, h, w, radius, spread, random.nextDouble(-135, -45));
  }
}
