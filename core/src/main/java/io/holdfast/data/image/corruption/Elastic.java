package io.holdfast.data.image.corruption;

import io.holdfast.data.image.Border;
import io.holdfast.data.image.ImageTransform;
import io.holdfast.data.image.Warp;
import java.util.random.RandomGenerator;

/**
 * A random affine map, then smooth random displacements (Simard et al. 2003, section 2).
 *
 * @param strength factor of the displacements, in pixels
 * @param deviation of the window that smooths them, in pixels
 * @param jitter farthest that each of the three points moves that fix the affine map, in pixels
 */
record Elastic(double strength, double deviation, double jitter) implements ImageTransform {
  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    double[] map = map(h, w, random);
    float[] turned = Warp.affine(pixels, h, w, map, Border.MIRROR);
    float[] right = displacements(h, w, random);
    float[] down = displacements(h, w, random);
    int plane = h * w;
    for (int i = 0; i < pixels.length; i++) {
      int at = i % plane;
      int row = at / w;
      double x = at % w + (double) right[at];
      double y = row + (double) down[at];
      float value = Warp.sample(turned, i - at, h, w, y, x, Border.REFLECT);
      pixels[i] = Levels.clip(value);
    }
  }

  private float[] displacements(int h, int w, RandomGenerator random) {
    float[] field = new float[h * w];
    for (int i = 0; i < field.length; i++) {
      field[i] = (float) random.nextDouble(-1, 1);
    }
    float[] smooth = Blur.gaussian(field, h, w, deviation, 3, Border.REFLECT);
    for (int i = 0; i < smooth.length; i++) {
      smooth[i] *= (float) strength;
    }
    return smooth;
  }

  /**
   * The map from output to input, both about the centre: three corners of a square of two thirds of
   * the shorter side go where chance has moved them.
   */
  private double[] map(int h, int w, RandomGenerator random) {
    int size = Math.min(h, w) / 3;
    int midX = w / 2;
    int midY = h / 2;
    double offX = midX - (w - 1) / 2.0;
    double offY = midY - (h - 1) / 2.0;
    double[][] from = {
      {offX + size, offY + size}, {offX + size, offY - size}, {offX - size, offY - size}
    };
    double[][] to = new double[3][2];
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 2; k++) {
        to[i][k] = from[i][k] + (jitter == 0 ? 0 : random.nextDouble(-jitter, jitter));
      }
    }
    // Columns of the map: the images of the square's sides.
    double ax = (to[0][0] - to[1][0]) / (2.0 * size); // of a step down, x
    double ay = (to[0][1] - to[1][1]) / (2.0 * size);
    double bx = (to[1][0] - to[2][0]) / (2.0 * size); // of a step right, x
    double by = (to[1][1] - to[2][1]) / (2.0 * size);
    double det = bx * ay - ax * by;
    double[] inverse = {ay / det, -ax / det, 0, -by / det, bx / det, 0};
    inverse[2] = from[1][0] - inverse[0] * to[1][0] - inverse[1] * to[1][1];
    inverse[5] = from[1][1] - inverse[3] * to[1][0] - inverse[4] * to[1][1];
    return inverse;
  }
}
