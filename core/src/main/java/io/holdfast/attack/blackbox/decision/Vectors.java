package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;

/** Arithmetic on plain arrays {@code [D]}; sums in double. */
final class Vectors {
  private static final float[] ORIGIN = {};

  private Vectors() {}

  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /** The length of {@code a - b}. */
  static double distance(Norm norm, float[] a, float[] b) {
    double total = 0;
    for (int i = 0; i < a.length; i++) {
      double change = Math.abs(b == ORIGIN ? a[i] : (double) a[i] - b[i]);
      total =
          switch (norm) {
            case L0 -> total + (change == 0 ? 0 : 1);
            case L1 -> total + change;
            case L2 -> total + change * change;
            case LINF -> Math.max(total, change);
          };
    }
    return norm == Norm.L2 ? Math.sqrt(total) : total;
  }

  /** The length of {@code a}. */
  static double length(Norm norm, float[] a) {
    return distance(norm, a, ORIGIN);
  }

  /** {@code a - b}. */
  static float[] difference(float[] a, float[] b) {
    float[] d = new float[a.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = a[i] - b[i];
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
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) (a[i] + factor * b[i]);
    }
  }

  /** Multiplies, in place. */
  static void scale(float[] a, double factor) {
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) (a[i] * factor);
    }
  }

  /** Brings {@code a} to length 1, in place; 0 stays 0. */
  static float[] normalise(Norm norm, float[] a) {
    double length = length(norm, a);
    if (length > 0) {
      scale(a, 1 / length);
    }
    return a;
  }

  /** Takes the part along the unit vector {@code u} out of {@code a}, in place. */
  static void remove(float[] a, float[] u) {
    add(a, u, -dot(a, u));
  }
}
