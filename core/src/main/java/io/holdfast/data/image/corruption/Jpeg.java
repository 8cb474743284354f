package io.holdfast.data.image.corruption;

import io.holdfast.data.image.ImageTransform;
import io.holdfast.data.image.Luma;
import java.util.random.RandomGenerator;

/**
 * What JPEG loses (ITU-T T.81), without its lossless coding: eight bits per value, colour at half
 * the resolution, blocks of 8x8 under the discrete cosine transform of section A.3.3, rounded to
 * multiples of the tables of annex K. Computed in double, so that every platform gives the same
 * bits; the quality scales the tables as the Independent JPEG Group's program does, and colour is
 * interpolated linearly as there.
 *
 * @param quality in [1, 100]
 */
record Jpeg(int quality) implements ImageTransform {
  private static final int SIDE = 8;
  private static final double[] WAVES = new double[SIDE * SIDE]; // [frequency, place], orthonormal

  static {
    for (int k = 0; k < SIDE; k++) {
      double scale = Math.sqrt((k == 0 ? 1.0 : 2.0) / SIDE);
      for (int x = 0; x < SIDE; x++) {
        WAVES[k * SIDE + x] = scale * StrictMath.cos((2 * x + 1) * k * Math.PI / (2 * SIDE));
      }
    }
  }

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    int plane = h * w;
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = Math.round(255 * pixels[i]);
    }
    if (c == 1) {
      quantise(pixels, 0, h, w, JpegSteps.light(quality));
    } else {
      toLumaAndColour(pixels, plane);
      quantise(pixels, 0, h, w, JpegSteps.light(quality));
      halve(pixels, plane, h, w);
      halve(pixels, 2 * plane, h, w);
      toRgb(pixels, plane);
    }
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = Levels.clip(pixels[i] / 255.0);
    }
  }

  /** Section 7 of JFIF 1.02, rounded. */
  private static void toLumaAndColour(float[] pixels, int plane) {
    for (int i = 0; i < plane; i++) {
      float y = Luma.at(pixels, 3, plane, i);
      float cb = 128 + (pixels[2 * plane + i] - y) / 1.772f;
      float cr = 128 + (pixels[i] - y) / 1.402f;
      pixels[i] = level(y);
      pixels[plane + i] = level(cb);
      pixels[2 * plane + i] = level(cr);
    }
  }

  private static void toRgb(float[] pixels, int plane) {
    for (int i = 0; i < plane; i++) {
      float y = pixels[i];
      float cb = pixels[plane + i] - 128;
      float cr = pixels[2 * plane + i] - 128;
      pixels[i] = level(y + 1.402f * cr);
      pixels[plane + i] = level(y - 0.344136f * cb - 0.714136f * cr);
      pixels[2 * plane + i] = level(y + 1.772f * cb);
    }
  }

  /** The nearest of 0 to 255. */
  private static float level(double value) {
    return Math.min(255, Math.max(0, Math.round(value)));
  }

  /** A channel at half its resolution through the transform, and back to its size. */
  private void halve(float[] pixels, int from, int h, int w) {
    int high = (h + 1) / 2;
    int wide = (w + 1) / 2;
    float[] half = new float[high * wide];
    for (int i = 0; i < half.length; i++) {
      int y = 2 * (i / wide);
      int x = 2 * (i % wide);
      int below = Math.min(y + 1, h - 1);
      int right = Math.min(x + 1, w - 1);
      float sum =
          pixels[from + y * w + x]
              + pixels[from + y * w + right]
              + pixels[from + below * w + x]
              + pixels[from + below * w + right];
      half[i] = level(sum / 4);
    }
    quantise(half, 0, high, wide, JpegSteps.colour(quality));
    for (int i = 0; i < h * w; i++) {
      pixels[from + i] = level(interpolated(half, high, wide, i / w, i % w));
    }
  }

  /** Three parts of the nearest value and one of the next, both ways. */
  private static double interpolated(float[] half, int high, int wide, int y, int x) {
    int y0 = y / 2;
    int x0 = x / 2;
    int y1 = Math.min(high - 1, Math.max(0, y % 2 == 0 ? y0 - 1 : y0 + 1));
    int x1 = Math.min(wide - 1, Math.max(0, x % 2 == 0 ? x0 - 1 : x0 + 1));
    double near = 3 * half[y0 * wide + x0] + half[y0 * wide + x1];
    double next = 3 * half[y1 * wide + x0] + half[y1 * wide + x1];
    return (3 * near + next) / 16;
  }

  /** All blocks of a channel; the edge is repeated to fill the last ones. */
  private static void quantise(float[] pixels, int from, int h, int w, int[] steps) {
    double[] block = new double[SIDE * SIDE];
    double[] waves = new double[SIDE * SIDE];
    for (int top = 0; top < h; top += SIDE) {
      for (int left = 0; left < w; left += SIDE) {
        for (int i = 0; i < block.length; i++) {
          int y = Math.min(h - 1, top + i / SIDE);
          int x = Math.min(w - 1, left + i % SIDE);
          block[i] = pixels[from + y * w + x] - 128;
        }
        transform(block, waves, true);
        for (int i = 0; i < waves.length; i++) {
          waves[i] = Math.rint(waves[i] / steps[i]) * steps[i];
        }
        transform(waves, block, false);
        for (int i = 0; i < block.length; i++) {
          int y = top + i / SIDE;
          int x = left + i % SIDE;
          if (y < h && x < w) {
            pixels[from + y * w + x] = level(block[i] + 128);
          }
        }
      }
    }
  }

  /** {@code W X W'} forwards, {@code W' X W} backwards. */
  private static void transform(double[] in, double[] out, boolean forwards) {
    double[] half = new double[SIDE * SIDE];
    for (int i = 0; i < half.length; i++) {
      double sum = 0;
      for (int k = 0; k < SIDE; k++) {
        sum += wave(i / SIDE, k, forwards) * in[k * SIDE + i % SIDE];
      }
      half[i] = sum;
    }
    for (int i = 0; i < out.length; i++) {
      double sum = 0;
      for (int k = 0; k < SIDE; k++) {
        sum += half[i / SIDE * SIDE + k] * wave(i % SIDE, k, forwards);
      }
      out[i] = sum;
    }
  }

  private static double wave(int row, int column, boolean forwards) {
    return forwards ? WAVES[row * SIDE + column] : WAVES[column * SIDE + row];
  }
}
