package io.holdfast.attack;

import io.holdfast.tensor.Tensor;

/** Logits as plain arrays, read in double. */
public final class Logits {
  private Logits() {}

  /** {@code [N, K]} as rows. */
  public static float[][] rows(Tensor logits) {
    float[] all = logits.toFloats();
    int n = Math.toIntExact(logits.size(0));
    int k = Math.toIntExact(logits.size(1));
    float[][] rows = new float[n][k];
    for (int i = 0; i < n; i++) {
      System.arraycopy(all, i * k, rows[i], 0, k);
    }
    return rows;
  }

  /** The largest logit's class, the first of equals. */
  public static int best(float[] z) {
    return bestBut(z, -1);
  }

  /** As {@link #best}, leaving out one class. */
  static int bestBut(float[] z, int without) {
    int best = without == 0 ? 1 : 0;
    for (int k = 0; k < z.length; k++) {
      if (k != without && z[k] > z[best]) {
        best = k;
      }
    }
    return best;
  }

  /** How near to the goal, positive when reached: wrong over right, or wanted over others. */
  static double margin(float[] z, int label, int wanted) {
    return wanted < 0
        ? (double) z[bestBut(z, label)] - z[label]
        : (double) z[wanted] - z[bestBut(z, wanted)];
  }

  /** The softmax probability of one class. */
  public static float probability(float[] z, int index) {
    double max = z[best(z)];
    double sum = 0;
    for (float v : z) {
      sum += Math.exp(v - max);
    }
    return (float) (Math.exp(z[index] - max) / sum);
  }
}
