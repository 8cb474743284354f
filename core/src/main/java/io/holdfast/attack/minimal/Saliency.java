package io.holdfast.attack.minimal;

import java.util.Arrays;

/**
 * The pair of values whose change together raises what is wanted and lowers what is not the most:
 * of all {@code p < q} that with the largest {@code (a_p + a_q) (b_p + b_q)}, both sums above 0
 * (Papernot et al. 2016, equation 8 and algorithm 3). Neither factor of a pair exceeds what one of
 * its two values reaches with the best other one, so that few values are looked at in pairs.
 *
 * @param first position, -1 where there is no pair
 * @param second position
 * @param score the product, 0 where there is no pair
 */
record Saliency(int first, int second, double score) {
  /** No pair is of use. */
  static final Saliency NONE = new Saliency(-1, -1, 0);

  /**
   * The best pair.
   *
   * @param a by what each value raises the one, {@code [D]}
   * @param b by what each value lowers the other, {@code [D]}
   * @param open positions that may change
   */
  static Saliency best(double[] a, double[] b, int[] open) {
    double mostA = Double.NEGATIVE_INFINITY;
    double mostB = Double.NEGATIVE_INFINITY;
    for (int j : open) {
      mostA = Math.max(mostA, a[j]);
      mostB = Math.max(mostB, b[j]);
    }
    int top = -1; // the position with the largest bound
    double most = 0;
    double[] bound = new double[open.length];
    for (int i = 0; i < open.length; i++) {
      bound[i] = Math.max(0, a[open[i]] + mostA) * Math.max(0, b[open[i]] + mostB);
      if (bound[i] > most) {
        most = bound[i];
        top = i;
      }
    }
    return top < 0 ? NONE : among(a, b, promising(a, b, open, bound, top));
  }

  /** The positions whose bound is no smaller than the best pair with one of them. */
  private static int[] promising(double[] a, double[] b, int[] open, double[] bound, int top) {
    double least = Double.MIN_VALUE;
    for (int i = 0; i < open.length; i++) {
      least = i == top ? least : Math.max(least, score(a, b, open[i], open[top]));
    }
    int[] some = new int[open.length];
    int count = 0;
    for (int i = 0; i < open.length; i++) {
      if (bound[i] >= least) {
        some[count++] = open[i];
      }
    }
    return Arrays.copyOf(some, count);
  }

  private static Saliency among(double[] a, double[] b, int[] some) {
    Saliency best = NONE;
    for (int i = 0; i < some.length; i++) {
      for (int k = i + 1; k < some.length; k++) {
        double score = score(a, b, some[i], some[k]);
        best = score > best.score ? new Saliency(some[i], some[k], score) : best;
      }
    }
    return best;
  }

  private static double score(double[] a, double[] b, int p, int q) {
    double up = a[p] + a[q];
    double down = b[p] + b[q];
    return up > 0 && down > 0 ? up * down : 0;
  }

  /** Whether there is a pair. */
  boolean exists() {
    return first >= 0;
  }
}
