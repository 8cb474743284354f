package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import java.util.random.RandomGenerator;

/** Changes of brightness, contrast and colour; nothing random in them. */
final class Tone {
  private Tone() {}

  /** The part of each channel's distance from its mean that is left. */
  record Contrast(double factor) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      Levels.perPlane(
          pixels,
          h * w,
          plane -> {
            double mean = 0;
            for (float value : plane) {
              mean += value;
            }
            mean /= plane.length;
            for (int i = 0; i < plane.length; i++) {
              plane[i] = (float) (mean + (plane[i] - mean) * factor);
            }
            return plane;
          });
    }
  }

  /** Adds to the value of HSV (Smith 1978): all channels of a pixel grow in proportion. */
  record Brightness(double add) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      int plane = h * w;
      for (int i = 0; i < plane; i++) {
        float value = Hsv.value(pixels, c, plane, i);
        float brighter = Levels.clip(value + add);
        for (int at = i; at < pixels.length; at += plane) {
          pixels[at] = value == 0 ? brighter : Levels.clip(pixels[at] * (brighter / value));
        }
      }
    }
  }

  /**
   * Multiplies the saturation of HSV and adds to it. A pixel without colour has the hue 0, red, as
   * in the original; a grey image has no saturation and stays as it is.
   */
  record Saturate(double factor, double add) implements ImageTransform {
    @Override
    public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
      int plane = h * w;
      for (int i = 0; c == 3 && i < plane; i++) {
        float value = Hsv.value(pixels, c, plane, i);
        float chroma = value - Hsv.least(pixels, plane, i);
        double saturation = value == 0 ? 0 : chroma / value;
        double wanted = Levels.clip(saturation * factor + add);
        for (int at = i; at < pixels.length; at += plane) {
          double missing = chroma == 0 ? (at == i ? 0 : 1) : (value - pixels[at]) / chroma;
          pixels[at] = Levels.clip(value * (1 - wanted * missing));
        }
      }
    }
  }

  /** What is needed of HSV. */
  private static final class Hsv {
    private static float value(float[] pixels, int c, int plane, int i) {
      return c == 1
          ? pixels[i]
          : Math.max(pixels[i], Math.max(pixels[plane + i], pixels[2 * plane + i]));
    }

    private static float least(float[] pixels, int plane, int i) {
      return Math.min(pixels[i], Math.min(pixels[plane + i], pixels[2 * plane + i]));
    }
  }
}
