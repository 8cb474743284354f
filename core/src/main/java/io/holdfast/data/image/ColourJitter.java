package io.holdfast.data.image;

import java.util.random.RandomGenerator;

/**
 * Random brightness, contrast, saturation and hue, in this order, each clipped to [0, 1]. A
 * strength s draws a factor from [1 - s, 1 + s]; grey images keep to brightness and contrast.
 *
 * @param brightness strength in [0, 1]
 * @param contrast strength in [0, 1], about the mean luma
 * @param saturation strength in [0, 1]
 * @param hue largest turn of the colour circle, in [0, 0.5]
 */
public record ColourJitter(double brightness, double contrast, double saturation, double hue)
    implements ImageTransform {

  @Override
  public Placement placement(RandomGenerator random) {
    return Placement.SAME;
  }

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    float bright = factor(brightness, random);
    float contrasting = factor(contrast, random);
    float saturated = factor(saturation, random);
    double turn = hue * (2 * random.nextDouble() - 1);
    int plane = h * w;
    if (brightness > 0) {
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = clip(pixels[i] * bright);
      }
    }
    if (contrast > 0) {
      float mean = meanLuma(pixels, c, plane);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = clip(mean + contrasting * (pixels[i] - mean));
      }
    }
    if (c == 3 && saturation > 0) {
      saturate(pixels, plane, saturated);
    }
    if (c == 3 && hue > 0) {
      turn(pixels, plane, turn);
    }
  }

  private static float factor(double strength, RandomGenerator random) {
    return (float) (1 + strength * (2 * random.nextDouble() - 1));
  }

  private static float clip(float value) {
    return Math.min(1, Math.max(0, value));
  }

  private static float meanLuma(float[] pixels, int c, int plane) {
    double sum = 0;
    for (int i = 0; i < plane; i++) {
      sum += Luma.at(pixels, c, plane, i);
    }
    return (float) (sum / plane);
  }

  private static void saturate(float[] pixels, int plane, float factor) {
    for (int i = 0; i < plane; i++) {
      float grey = Luma.at(pixels, 3, plane, i);
      for (int at = i; at < 3 * plane; at += plane) {
        pixels[at] = clip(grey + factor * (pixels[at] - grey));
      }
    }
  }

  /** Turns the hue in HSV (Smith 1978): lightest and darkest channel stay, the order shifts. */
  private static void turn(float[] pixels, int plane, double turn) {
    for (int i = 0; i < plane; i++) {
      float r = pixels[i];
      float g = pixels[plane + i];
      float b = pixels[2 * plane + i];
      float high = Math.max(r, Math.max(g, b));
      float chroma = high - Math.min(r, Math.min(g, b));
      if (chroma > 0) {
        double sixth =
            high == r ? (g - b) / chroma : high == g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
        double turned = sixth + 6 * turn;
        pixels[i] = channel(5, turned, high, chroma);
        pixels[plane + i] = channel(3, turned, high, chroma);
        pixels[2 * plane + i] = channel(1, turned, high, chroma);
      }
    }
  }

  private static float channel(int offset, double sixth, float high, float chroma) {
    double k = (offset + sixth) % 6;
    k = k < 0 ? k + 6 : k;
    return clip((float) (high - chroma * Math.max(0, Math.min(1, Math.min(k, 4 - k)))));
  }
}
