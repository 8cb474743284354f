package io.holdfast.train;

import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Groups points around k centres: Lloyd's rounds from centres drawn as Arthur and Vassilvitskii
 * 2007 (k-means++, section 2.2) have it. D values of a point.
 */
final class KMeans {
  private static final int ROUNDS = 100;

  private KMeans() {}

  /**
   * The centres.
   *
   * @param points at least one, {@code [n][D]}, finite
   * @param k at least 1
   * @return at most k, fewer where fewer points differ; each is the mean of the points nearest to
   *     it, unless rounds ran out or it has lost all of them
   */
  static List<double[]> centres(List<float[]> points, int k, Seed seed) {
    List<double[]> centres = drawn(points, k, seed.generator());
    int[] nearest = new int[points.size()];
    for (int round = 0; round < ROUNDS; round++) {
      int[] before = nearest.clone();
      Arrays.setAll(nearest, i -> nearest(centres, points.get(i)));
      if (round > 0 && Arrays.equals(before, nearest)) {
        break;
      }
      move(centres, points, nearest);
    }
    return centres;
  }

  /** Each in proportion to the square of its distance from the nearest of those before it. */
  private static List<double[]> drawn(List<float[]> points, int k, RandomGenerator random) {
    List<double[]> centres = new ArrayList<>();
    centres.add(doubles(points.get(random.nextInt(points.size()))));
    double[] least = new double[points.size()]; // distance from the nearest centre
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    while (centres.size() < k) {
      double[] last = centres.get(centres.size() - 1);
      double[] reached = new double[least.length];
      double sum = 0;
      for (int i = 0; i < reached.length; i++) {
        least[i] = Math.min(least[i], distance(last, points.get(i)));
        sum += least[i];
        reached[i] = sum;
      }
      if (sum == 0) { // no other point is left
        break;
      }
      double at = random.nextDouble() * sum; // below the sum
      int chosen = 0;
      while (chosen < reached.length - 1 && reached[chosen] <= at) {
        chosen++;
      }
      centres.add(doubles(points.get(chosen)));
    }
    return centres;
  }

  /** Each centre to the mean of its points; one without any stays. */
  private static void move(List<double[]> centres, List<float[]> points, int[] nearest) {
    for (int c = 0; c < centres.size(); c++) {
      double[] sum = new double[centres.get(c).length];
      int count = 0;
      for (int i = 0; i < nearest.length; i++) {
        if (nearest[i] == c) {
          float[] point = points.get(i);
          for (int d = 0; d < sum.length; d++) {
            sum[d] += point[d];
          }
          count++;
        }
      }
      if (count > 0) {
        int of = count;
        Arrays.setAll(sum, d -> sum[d] / of);
        centres.set(c, sum);
      }
    }
  }

  /** The number of the nearest centre, the first of several. */
  static int nearest(List<double[]> centres, float[] point) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int c = 0; c < centres.size(); c++) {
      double distance = distance(centres.get(c), point);
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    return best;
  }

  /** The square of the Euclidean one. */
  private static double distance(double[] centre, float[] point) {
    double sum = 0;
    for (int d = 0; d < centre.length; d++) {
      double by = centre[d] - point[d];
      sum += by * by;
    }
    return sum;
  }

  private static double[] doubles(float[] point) {
    double[] all = new double[point.length];
    Arrays.setAll(all, d -> point[d]);
    return all;
  }
}
