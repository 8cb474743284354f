package io.holdfast.data.image.corruption;

import io.holdfast.data.image.Border;

/** Weights of a square neighbourhood, which add up to 1. */
final class Kernel {
  private final int radius; // the side is 2 radius + 1
  private final double[] weights; // row-major

  private Kernel(int radius, double[] weights) {
    this.radius = radius;
    this.weights = weights;
  }

  /**
   * The disc of a lens out of focus: pixels whose centres lie within the radius, smoothed by a
   * normal window of 3x3, from a radius above 8 on 5x5 in the original.
   *
   * @param scale at which the disc is drawn: below 1 the radius is that at scale 1, and the disc is
   *     shrunk, each of its pixels shared out among the four nearest
   * @param blur deviation of the window
   */
  static Kernel disc(double radius, double blur, double scale) {
    double drawn = scale < 1 ? radius : radius * scale;
    double shrink = Math.min(1, scale);
    int edge = drawn > 8 ? 2 : 1;
    int reach = (int) Math.ceil(drawn * shrink) + edge;
    Kernel disc = new Kernel(reach, new double[(2 * reach + 1) * (2 * reach + 1)]);
    int most = (int) Math.floor(drawn);
    for (int y = -most; y <= most; y++) {
      for (int x = -most; x <= most; x++) {
        if (x * x + y * y <= drawn * drawn) {
          disc.add(y * shrink, x * shrink);
        }
      }
    }
    return disc.smoothed(window(edge, blur));
  }

  private void add(double y, double x) {
    int top = (int) Math.floor(y);
    int left = (int) Math.floor(x);
    for (int r = top; r <= top + 1; r++) {
      for (int q = left; q <= left + 1; q++) {
        double share = (1 - Math.abs(y - r)) * (1 - Math.abs(x - q));
        if (share > 0) {
          weights[(r + radius) * (2 * radius + 1) + q + radius] += share;
        }
      }
    }
  }

  private Kernel smoothed(double[] window) {
    int side = 2 * radius + 1;
    int reach = window.length / 2;
    double[] out = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      for (int y = -reach; y <= reach; y++) {
        for (int x = -reach; x <= reach; x++) {
          int r = i / side + y;
          int q = i % side + x;
          if (r >= 0 && r < side && q >= 0 && q < side) {
            out[i] += window[reach + y] * window[reach + x] * weights[r * side + q];
          }
        }
      }
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return new Kernel(radius, out);
  }

  /**
   * A normal window of {@code 2 reach + 1} weights that add up to 1; one weight for deviation 0.
   */
  static double[] window(int reach, double deviation) {
    double[] window = new double[2 * reach + 1];
    double sum = 0;
    for (int i = -reach; i <= reach; i++) {
      double t = i / Math.max(deviation, 1e-9);
      window[reach + i] = StrictMath.exp(-t * t / 2);
      sum += window[reach + i];
    }
    for (int i = 0; i < window.length; i++) {
      window[i] /= sum;
    }
    return window;
  }

  /** One channel {@code [h, w]} through the kernel. */
  float[] over(float[] plane, int h, int w, Border border) {
    int side = 2 * radius + 1;
    double[] sums = new double[plane.length];
    for (int k = 0; k < weights.length; k++) {
      if (weights[k] > 0) {
        shift(plane, h, w, k / side - radius, k % side - radius, border, weights[k], sums);
      }
    }
    return narrow(sums);
  }

  /** Adds {@code weight} times the plane, read {@code dy} rows below and {@code dx} right. */
  static void shift(
      float[] plane, int h, int w, int dy, int dx, Border border, double weight, double[] into) {
    int[] columns = new int[w];
    for (int x = 0; x < w; x++) {
      columns[x] = border.index(x + dx, w);
    }
    for (int y = 0; y < h; y++) {
      int row = border.index(y + dy, h) * w;
      for (int x = 0; x < w; x++) {
        into[y * w + x] += weight * plane[row + columns[x]];
      }
    }
  }

  static float[] narrow(double[] wide) {
    float[] out = new float[wide.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) wide[i];
    }
    return out;
  }
}
