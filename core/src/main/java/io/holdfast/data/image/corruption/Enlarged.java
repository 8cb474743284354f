package io.holdfast.data.image.corruption;

import io.holdfast.data.image.Border;
import io.holdfast.data.image.Warp;

/**
 * An image enlarged about its middle and cut to its size. As in the original the part that is
 * enlarged begins and ends at whole pixels, which moves small images by up to a pixel.
 */
final class Enlarged {
  private Enlarged() {}

  /**
   * The enlarged {@code [c, h, w]}.
   *
   * @param factor at least 1
   */
  static float[] by(double factor, float[] image, int h, int w) {
    double[] rows = positions(h, factor);
    double[] columns = positions(w, factor);
    float[] out = new float[image.length];
    for (int i = 0; i < out.length; i++) {
      int at = i % (h * w);
      double y = rows[at / w];
      double x = columns[at % w];
      out[i] = Warp.sample(image, i - at, h, w, y, x, Border.NEAREST);
    }
    return out;
  }

  /** Where each of {@code n} pixels is read. */
  private static double[] positions(int n, double factor) {
    int part = (int) Math.ceil(n / factor);
    int first = (n - part) / 2;
    int size = (int) Math.rint(part * factor);
    int trim = (size - n) / 2;
    double[] positions = new double[n];
    for (int i = 0; i < n; i++) {
      positions[i] = first + (i + trim) * (part - 1.0) / (size - 1);
    }
    return positions;
  }
}
