package io.holdfast.model.graph;

import java.util.function.DoubleUnaryOperator;

/** Slow, obvious layers in plain double arithmetic; one sample in row-major order each. */
final class Slow {
  private Slow() {}

  static double[] map(double[] x, DoubleUnaryOperator f) {
    return java.util.Arrays.stream(x).map(f).toArray();
  }

  /** An image {@code [C, H, W]}; outside it is zero. */
  static final class Image {
    private final double[] values;
    private final int channels;
    private final int height;
    private final int width;

    Image(double[] values, int channels, int height, int width) {
      this.values = values;
      this.channels = channels;
      this.height = height;
      this.width = width;
    }

    int channels() {
      return channels;
    }

    int height() {
      return height;
    }

    int width() {
      return width;
    }

    double at(int c, int i, int j) {
      return inside(i, j) ? values[(c * height + i) * width + j] : 0;
    }

    boolean inside(int i, int j) {
      return i >= 0 && j >= 0 && i < height && j < width;
    }
  }

  /** What one output element is made of. */
  interface Pixel {
    double at(int c, int i, int j);
  }

  static double[] image(int channels, int height, int width, Pixel pixel) {
    double[] out = new double[channels * height * width];
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
          out[(c * height + i) * width + j] = pixel.at(c, i, j);
        }
      }
    }
    return out;
  }

  /** Rows times a weight {@code [out, in]} with bias, for {@code [rows, in]}. */
  static double[] linear(double[] x, int in, double[] weight, double[] bias) {
    int out = bias.length;
    double[] y = new double[x.length / in * out];
    for (int r = 0; r < x.length / in; r++) {
      for (int o = 0; o < out; o++) {
        double sum = bias[o];
        for (int k = 0; k < in; k++) {
          sum += x[r * in + k] * weight[o * in + k];
        }
        y[r * out + o] = sum;
      }
    }
    return y;
  }

  /** Blocks of equal length, each shifted and scaled to mean 0 and variance 1. */
  static double[] standardise(double[] x, int block, double eps) {
    double[] y = new double[x.length];
    for (int b = 0; b < x.length; b += block) {
      double mean = 0;
      double square = 0;
      for (int i = b; i < b + block; i++) {
        mean += x[i] / block;
      }
      for (int i = b; i < b + block; i++) {
        square += (x[i] - mean) * (x[i] - mean) / block;
      }
      for (int i = b; i < b + block; i++) {
        y[i] = (x[i] - mean) / Math.sqrt(square + eps);
      }
    }
    return y;
  }

  static double[] softmax(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += Math.exp(v);
    }
    double total = sum;
    return map(x, v -> Math.exp(v) / total);
  }

  /** Abramowitz and Stegun 7.1.5, the series, summed to double precision. */
  static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
