package io.holdfast.data.image.corruption;

import io.holdfast.data.image.Luma;
import java.util.function.UnaryOperator;

/** Values in [0, 1], and planes of an image. */
final class Levels {
  private Levels() {}

  /** The nearest value in [0, 1]. */
  static float clip(double value) {
    return (float) Math.min(1, Math.max(0, value));
  }

  static void clip(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = clip(values[i]);
    }
  }

  /** Replaces each channel of {@code [c, h, w]} by what becomes of it, clipped. */
  static void perPlane(float[] pixels, int plane, UnaryOperator<float[]> change) {
    float[] one = new float[plane];
    for (int from = 0; from < pixels.length; from += plane) {
      System.arraycopy(pixels, from, one, 0, plane);
      float[] changed = change.apply(one);
      for (int i = 0; i < plane; i++) {
        pixels[from + i] = clip(changed[i]);
      }
    }
  }

  /**
   * Multiplies by {@code keep} and adds {@code share} of a colour, at every pixel, clipped.
   *
   * @param share part of the colour by pixel, {@code [h w]}
   * @param colour red, green and blue; grey images take its luma
   * @param cover whether the share hides as much of the image
   */
  static void paint(float[] pixels, int c, float[] share, float[] colour, boolean cover) {
    int plane = share.length;
    for (int i = 0; i < pixels.length; i++) {
      float part = share[i % plane];
      float tint = c == 3 ? colour[i / plane] : Luma.of(colour[0], colour[1], colour[2]);
      float kept = cover ? (1 - part) * pixels[i] : pixels[i];
      pixels[i] = clip(kept + part * tint);
    }
  }
}
