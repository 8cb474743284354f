package io.holdfast.evaluate;

import java.util.Arrays;

/**
 * Structural similarity of two images (Wang, Bovik, Sheikh and Simoncelli 2004, section III.B,
 * equation 13): means, variances and covariance under an 11x11 Gaussian window of standard
 * deviation 1.5, at every place where the window lies wholly inside the image; K1 = 0.01, K2 =
 * 0.03; the mean over all places and channels. Where a side is shorter than 11 pixels, the window
 * is the largest odd one that fits. In double; 1 for equal images.
 */
final class Ssim {
  private static final int WINDOW = 11;
  private static final double SIGMA = 1.5;
  private static final double K1 = 0.01;
  private static final double K2 = 0.03;

  private final int channels;
  private final int height;
  private final int width;
  private final double[] rows; // [window height]
  private final double[] columns; // [window width]
  private final double c1;
  private final double c2;

  /**
   * @param shape {@code [C, H, W]}
   * @param range largest minus smallest valid value
   */
  Ssim(long[] shape, double range) {
    channels = Math.toIntExact(shape[0]);
    height = Math.toIntExact(shape[1]);
    width = Math.toIntExact(shape[2]);
    rows = window(height);
    columns = window(width);
    c1 = K1 * range * K1 * range;
    c2 = K2 * range * K2 * range;
  }

  private static double[] window(int side) {
    int size = Math.min(WINDOW, side % 2 == 0 ? side - 1 : side);
    double[] weights = new double[size];
    Arrays.setAll(weights, i -> Math.exp(-Math.pow(i - size / 2, 2) / (2 * SIGMA * SIGMA)));
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / sum).toArray();
  }

  /**
   * Compares two images, row-major {@code [C, H, W]}, that start at {@code offset} in their arrays;
   * in [-1, 1].
   */
  double of(float[] x, float[] y, int offset) {
    double sum = 0;
    for (int c = 0; c < channels; c++) {
      sum += channel(x, y, offset + c * height * width);
    }
    return Math.max(-1, Math.min(1, sum / channels));
  }

  private double channel(float[] x, float[] y, int offset) {
    int n = height * width;
    double[] a = new double[n];
    double[] b = new double[n];
    double[] squares = new double[n]; // x² + y²
    double[] products = new double[n];
    for (int i = 0; i < n; i++) {
      a[i] = x[offset + i];
      b[i] = y[offset + i];
      squares[i] = a[i] * a[i] + b[i] * b[i];
      products[i] = a[i] * b[i];
    }
    double[] meanX = blur(a);
    double[] meanY = blur(b);
    double[] meanSquares = blur(squares);
    double[] meanProducts = blur(products);
    double sum = 0;
    for (int i = 0; i < meanX.length; i++) {
      double means = meanX[i] * meanY[i];
      double power = meanX[i] * meanX[i] + meanY[i] * meanY[i];
      double luminance = (means + means + c1) / (power + c1);
      double covariance = meanProducts[i] - means;
      double structure = (covariance + covariance + c2) / (meanSquares[i] - power + c2);
      sum += luminance * structure;
    }
    return sum / meanX.length;
  }

  /** The weighted mean at each place of the window: along rows, then along columns. */
  private double[] blur(double[] image) {
    int w = width - columns.length + 1;
    int h = height - rows.length + 1;
    double[] across = new double[height * w];
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < w; j++) {
        across[i * w + j] = weighted(image, i * width + j, 1, columns);
      }
    }
    double[] both = new double[h * w];
    for (int i = 0; i < h; i++) {
      for (int j = 0; j < w; j++) {
        both[i * w + j] = weighted(across, i * w + j, w, rows);
      }
    }
    return both;
  }

  private static double weighted(double[] values, int from, int stride, double[] weights) {
    double sum = 0;
    for (int k = 0; k < weights.length; k++) {
      sum += weights[k] * values[from + k * stride];
    }
    return sum;
  }
}
