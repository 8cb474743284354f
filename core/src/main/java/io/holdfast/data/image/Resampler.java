package io.holdfast.data.image;

/**
 * Resizes by a triangle filter that widens when shrinking, so that no detail aliases: bilinear when
 * enlarging, antialiased when shrinking. Rows first, then columns, in float; rounded once.
 */
final class Resampler {
  private final int size;
  private final int[] first;
  private final float[][] weights;

  private Resampler(int from, int to) {
    size = to;
    first = new int[to];
    weights = new float[to][];
    double scale = (double) from / to;
    double support = Math.max(1, scale);
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      int low = (int) Math.max(0, Math.floor(centre - support));
      int high = (int) Math.min(from, Math.ceil(centre + support));
      float[] w = new float[high - low];
      double sum = 0;
      for (int j = low; j < high; j++) {
        double weight = Math.max(0, 1 - Math.abs((j + 0.5 - centre) / support));
        w[j - low] = (float) weight;
        sum += weight;
      }
      for (int j = 0; j < w.length; j++) {
        w[j] /= (float) sum;
      }
      first[i] = low;
      weights[i] = w;
    }
  }

  /** The image at another size. */
  static RawImage resize(RawImage image, int height, int width) {
    if (image.height() == height && image.width() == width) {
      return image;
    }
    int rows = image.channels() * image.height();
    float[] wide = new Resampler(image.width(), width).rows(image.pixels(), rows, image.width());
    byte[] out = new Resampler(image.height(), height).columns(wide, image.channels(), width);
    return new RawImage(image.channels(), height, width, out);
  }

  /** {@code [rows, from] -> [rows, to]}. */
  private float[] rows(byte[] pixels, int rows, int from) {
    float[] out = new float[rows * size];
    for (int row = 0; row < rows; row++) {
      for (int x = 0; x < size; x++) {
        int at = row * from + first[x];
        float sum = 0;
        for (float weight : weights[x]) {
          sum += weight * (pixels[at++] & 0xff);
        }
        out[row * size + x] = sum;
      }
    }
    return out;
  }

  /** {@code [channels, from, width] -> [channels, to, width]}. */
  private byte[] columns(float[] values, int channels, int width) {
    int from = values.length / channels / width;
    byte[] out = new byte[channels * size * width];
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < size; y++) {
        for (int x = 0; x < width; x++) {
          int at = (c * from + first[y]) * width + x;
          float sum = 0;
          for (float weight : weights[y]) {
            sum += weight * values[at];
            at += width;
          }
          out[(c * size + y) * width + x] = (byte) Math.min(255, Math.max(0, Math.round(sum)));
        }
      }
    }
    return out;
  }
}
