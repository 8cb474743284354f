package io.holdfast.data.image;

/**
 * Resizes by a filter that widens when shrinking, so that no detail aliases. Rows first, then
 * columns, in float.
 */
public final class Resampler {
  /** The shape of a filter, of the width of a pixel of the smaller image. */
  public enum Filter {
    /** Bilinear when enlarging, antialiased when shrinking. */
    TRIANGLE(1) {
      @Override
      double weight(double t) {
        return Math.max(0, 1 - Math.abs(t));
      }
    },
    /** The mean of the pixels whose centres lie within half a pixel; the nearest when enlarging. */
    BOX(0.5) {
      @Override
      double weight(double t) {
        return t > -0.5 && t <= 0.5 ? 1 : 0;
      }
    };

    private final double reach;

    Filter(double reach) {
      this.reach = reach;
    }

    abstract double weight(double t);
  }

  private final int size;
  private final int[] first;
  private final float[][] weights;

  private Resampler(int from, int to, Filter filter) {
    size = to;
    first = new int[to];
    weights = new float[to][];
    double scale = (double) from / to;
    double width = Math.max(1, scale);
    double support = filter.reach * width;
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * scale;
      int low = (int) Math.max(0, Math.floor(centre - support));
      int high = (int) Math.min(from, Math.ceil(centre + support));
      float[] w = new float[high - low];
      double sum = 0;
      for (int j = low; j < high; j++) {
        double weight = filter.weight((j + 0.5 - centre) / width);
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
    float[] values = new float[image.pixels().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = image.pixels()[i] & 0xff;
    }
    int c = image.channels();
    float[] sums = resize(values, c, image.height(), image.width(), height, width, Filter.TRIANGLE);
    byte[] out = new byte[sums.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) Math.min(255, Math.max(0, Math.round(sums[i])));
    }
    return new RawImage(c, height, width, out);
  }

  /** {@code [c, h, w] -> [c, height, width]}, not rounded. */
  public static float[] resize(
      float[] pixels, int c, int h, int w, int height, int width, Filter filter) {
    float[] wide = new Resampler(w, width, filter).rows(pixels, c * h, w);
    return new Resampler(h, height, filter).columns(wide, c, width);
  }

  /** {@code [rows, from] -> [rows, to]}. */
  private float[] rows(float[] pixels, int rows, int from) {
    float[] out = new float[rows * size];
    for (int row = 0; row < rows; row++) {
      for (int x = 0; x < size; x++) {
        int at = row * from + first[x];
        float sum = 0;
        for (float weight : weights[x]) {
          sum += weight * pixels[at++];
        }
        out[row * size + x] = sum;
      }
    }
    return out;
  }

  /** {@code [channels, from, width] -> [channels, to, width]}. */
  private float[] columns(float[] values, int channels, int width) {
    int from = values.length / channels / width;
    float[] out = new float[channels * size * width];
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < size; y++) {
        for (int x = 0; x < width; x++) {
          int at = (c * from + first[y]) * width + x;
          float sum = 0;
          for (float weight : weights[y]) {
            sum += weight * values[at];
            at += width;
          }
          out[(c * size + y) * width + x] = sum;
        }
      }
    }
    return out;
  }
}
