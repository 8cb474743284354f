package io.holdfast.data.image.corruption;

import io.holdfast.data.image.Border;
import io.holdfast.data.image.ImageTransform;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Drops on the lens. A layer of smoothed normal noise is wet where it exceeds a threshold. Water
 * shines, more so away from a drop's edge and on its lower right; mud hides.
 *
 * @param mean of the noise
 * @param deviation of the noise
 * @param smooth deviation of the window over the noise, in pixels
 * @param threshold that is wet
 * @param strength of water: its brightness; of mud: deviation of the window over its edges, in
 *     pixels
 */
record Spatter(
    double mean, double deviation, double smooth, double threshold, double strength, boolean mud)
    implements ImageTransform {
  private static final float[] WATER = {175 / 255f, 238 / 255f, 238 / 255f};
  private static final float[] MUD = {63 / 255f, 42 / 255f, 20 / 255f};
  private static final double FARTHEST = 20;
  private static final double[] RELIEF = {-2, -1, 0, -1, 1, 1, 0, 1, 2};
  private static final double[] MEAN = new double[9];

  static {
    Arrays.fill(MEAN, 1.0 / 9);
  }

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    float[] layer = new float[h * w];
    for (int i = 0; i < layer.length; i++) {
      layer[i] = (float) (mean + deviation * random.nextGaussian());
    }
    layer = Blur.gaussian(layer, h, w, smooth, 4, Border.NEAREST);
    for (int i = 0; i < layer.length; i++) {
      layer[i] = layer[i] < threshold ? 0 : Levels.clip(layer[i]);
    }
    if (mud) {
      Levels.paint(pixels, c, mud(layer, h, w), MUD, true);
    } else {
      Levels.paint(pixels, c, water(layer, h, w), WATER, false);
    }
  }

  private float[] mud(float[] layer, int h, int w) {
    float[] wet = new float[layer.length];
    for (int i = 0; i < wet.length; i++) {
      wet[i] = layer[i] > threshold ? 1 : 0;
    }
    wet = Blur.gaussian(wet, h, w, strength, 4, Border.NEAREST);
    for (int i = 0; i < wet.length; i++) {
      wet[i] = wet[i] < 0.8f ? 0 : wet[i];
    }
    return wet;
  }

  private float[] water(float[] layer, int h, int w) {
    float[] depth = filter(toEdge(layer, h, w), h, w, MEAN);
    equalise(depth);
    depth = filter(depth, h, w, RELIEF);
    Levels.clip(depth);
    depth = filter(depth, h, w, MEAN);
    float most = 0;
    for (int i = 0; i < depth.length; i++) {
      depth[i] *= layer[i];
      most = Math.max(most, depth[i]);
    }
    for (int i = 0; i < depth.length && most > 0; i++) {
      depth[i] *= (float) strength / most;
    }
    return depth;
  }

  private static float[] filter(float[] plane, int h, int w, double[] weights) {
    double[] sums = new double[plane.length];
    for (int k = 0; k < 9; k++) {
      Kernel.shift(plane, h, w, k / 3 - 1, k % 3 - 1, Border.MIRROR, weights[k], sums);
    }
    return Kernel.narrow(sums);
  }

  /** Distance to the nearest wet pixel at the edge of a drop, at most {@link #FARTHEST} pixels. */
  private static float[] toEdge(float[] layer, int h, int w) {
    double[] squares = new double[layer.length];
    for (int i = 0; i < squares.length; i++) {
      squares[i] = isEdge(layer, h, w, i) ? 0 : FARTHEST * FARTHEST;
    }
    double[] down = new double[layer.length];
    for (int i = 0; i < down.length; i++) {
      down[i] = nearest(squares, i % w, w, i / w, h);
    }
    float[] distances = new float[layer.length];
    for (int i = 0; i < distances.length; i++) {
      double square = nearest(down, i / w * w, 1, i % w, w);
      distances[i] = (float) Math.min(FARTHEST, Math.sqrt(square));
    }
    return distances;
  }

  private static boolean isEdge(float[] layer, int h, int w, int i) {
    int y = i / w;
    int x = i % w;
    boolean dryBeside =
        (x > 0 && layer[i - 1] == 0)
            || (x + 1 < w && layer[i + 1] == 0)
            || (y > 0 && layer[i - w] == 0)
            || (y + 1 < h && layer[i + w] == 0);
    return layer[i] > 0 && dryBeside;
  }

  /** The least of {@code values + distance^2} along a line; nothing farther than 20 matters. */
  private static double nearest(double[] values, int start, int stride, int at, int n) {
    double least = values[start + at * stride];
    for (int k = 1; k < FARTHEST && (double) k * k < least; k++) {
      if (at - k >= 0) {
        least = Math.min(least, values[start + (at - k) * stride] + (double) k * k);
      }
      if (at + k < n) {
        least = Math.min(least, values[start + (at + k) * stride] + (double) k * k);
      }
    }
    return least;
  }

  /** Each value becomes the part of all values that are not larger, from 0 for the least. */
  private static void equalise(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    int first = count(sorted, sorted[0]);
    for (int i = 0; i < values.length; i++) {
      int rest = values.length - first;
      values[i] = rest == 0 ? 0 : (float) (count(sorted, values[i]) - first) / rest;
    }
  }

  /** How many are at most {@code value}. */
  private static int count(float[] sorted, float value) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
