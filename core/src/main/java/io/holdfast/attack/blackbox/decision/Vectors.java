package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;

/**
 * Arithmetic on plain arrays {@code [D]}. Values are float32, so that loops over them take several
 * at a time; sums are in double, four of them side by side, so that none waits for the one before.
 */
final class Vectors {
  private static final int LANES = 4;

  private Vectors() {}

  static double dot(float[] a, float[] b) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int whole = a.length - a.length % LANES;
    for (int i = 0; i < whole; i += LANES) {
      s0 += (double) a[i] * b[i];
      s1 += (double) a[i + 1] * b[i + 1];
      s2 += (double) a[i + 2] * b[i + 2];
      s3 += (double) a[i + 3] * b[i + 3];
    }
    for (int i = whole; i < a.length; i++) {
      s0 += (double) a[i] * b[i];
    }
    return s0 + s1 + (s2 + s3);
  }

  /** The products of {@code a} with {@code b} and with itself, in one pass. */
  static double[] dots(float[] a, float[] b) {
    double s0 = 0;
    double s1 = 0;
    double t0 = 0;
    double t1 = 0;
    int whole = a.length - a.length % 2;
    for (int i = 0; i < whole; i += 2) {
      s0 += (double) a[i] * b[i];
      s1 += (double) a[i + 1] * b[i + 1];
      t0 += (double) a[i] * a[i];
      t1 += (double) a[i + 1] * a[i + 1];
    }
    for (int i = whole; i < a.length; i++) {
      s0 += (double) a[i] * b[i];
      t0 += (double) a[i] * a[i];
    }
    return new double[] {s0 + s1, t0 + t1};
  }

  /** The length of {@code a - b}. */
  static double distance(Norm norm, float[] a, float[] b) {
    return switch (norm) {
      case L2 -> Math.sqrt(squares(a, b));
      case LINF -> largest(a, b);
      case L1 -> total(a, b);
      case L0 -> different(a, b);
    };
  }

  private static double squares(float[] a, float[] b) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int whole = a.length - a.length % LANES;
    for (int i = 0; i < whole; i += LANES) {
      double d0 = (double) a[i] - b[i];
      double d1 = (double) a[i + 1] - b[i + 1];
      double d2 = (double) a[i + 2] - b[i + 2];
      double d3 = (double) a[i + 3] - b[i + 3];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (int i = whole; i < a.length; i++) {
      double d = (double) a[i] - b[i];
      s0 += d * d;
    }
    return s0 + s1 + (s2 + s3);
  }

  private static double largest(float[] a, float[] b) {
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs((double) a[i] - b[i]));
    }
    return most;
  }

  private static double total(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((double) a[i] - b[i]);
    }
    return sum;
  }

  private static int different(float[] a, float[] b) {
    int count = 0;
    for (int i = 0; i < a.length; i++) {
      count += a[i] == b[i] ? 0 : 1;
    }
    return count;
  }

  /** The length of {@code a}. */
  static double length(Norm norm, float[] a) {
    return norm == Norm.L2 ? Math.sqrt(dot(a, a)) : distance(norm, a, new float[a.length]);
  }

  /** {@code a - b}. */
  static float[] difference(float[] a, float[] b) {
    float[] d = new float[a.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = a[i] - b[i];
    }
    return d;
  }

  /** {@code factor * (a - b)}. */
  static float[] difference(float[] a, float[] b, double factor) {
    float f = (float) factor;
    float[] d = new float[a.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = f * (a[i] - b[i]);
    }
    return d;
  }

  /** {@code a + factor * b}. */
  static float[] sum(float[] a, float[] b, double factor) {
    float[] s = a.clone();
    add(s, b, factor);
    return s;
  }

  /** Adds {@code factor * b} to {@code a}, in place. */
  static void add(float[] a, float[] b, double factor) {
    float f = (float) factor;
    for (int i = 0; i < a.length; i++) {
      a[i] += f * b[i];
    }
  }

  /** Adds {@code b - c} to {@code a}, in place. */
  static void addDifference(float[] a, float[] b, float[] c) {
    for (int i = 0; i < a.length; i++) {
      a[i] += b[i] - c[i];
    }
  }

  /** Multiplies, in place. */
  static void scale(float[] a, double factor) {
    float f = (float) factor;
    for (int i = 0; i < a.length; i++) {
      a[i] *= f;
    }
  }

  /** Brings {@code a} to length 1, in place; 0 stays 0. */
  static float[] normalise(Norm norm, float[] a) {
    double length = length(norm, a);
    if (length >= Float.MIN_NORMAL) {
      scale(a, 1 / length);
    } else if (length > 0) {
      for (int i = 0; i < a.length; i++) {
        a[i] = (float) (a[i] / length);
      }
    }
    return a;
  }

  /** Takes the part along the unit vector {@code u} out of {@code a}, in place. */
  static void remove(float[] a, float[] u) {
    add(a, u, -dot(a, u));
  }
}
