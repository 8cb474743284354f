package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackTask;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;

/**
 * Where the walks of one task move: inputs in row-major order. An input that is no image {@code [C,
 * H, W]} counts as one row {@code [1, 1, D]}.
 *
 * @param channels C
 * @param height H
 * @param width W
 * @param norm in which a change is to be small
 * @param domain of every value
 */
record Space(int channels, int height, int width, Norm norm, Domain domain) {
  private static final int IMAGE = 4; // [n, C, H, W]

  static Space of(AttackTask task) {
    long[] shape = task.region().clean().shape(); // [n, ...]
    Norm norm = ((Additive) task.threat().set()).norm();
    Domain domain = task.threat().domain();
    if (shape.length == IMAGE) {
      return new Space((int) shape[1], (int) shape[2], (int) shape[3], norm, domain);
    }
    long size = 1;
    for (int i = 1; i < shape.length; i++) {
      size *= shape[i];
    }
    return new Space(1, 1, Math.toIntExact(size), norm, domain);
  }

  /** Number of values D of an input. */
  int size() {
    return channels * height * width;
  }

  /** The nearest value of the domain. */
  float clamp(double value) {
    return (float) Math.min(domain.high(), Math.max(domain.low(), value));
  }

  /** {@code from + length * direction}, inside the domain: {@code [D]}. */
  float[] along(float[] from, float[] direction, double length) {
    float[] point = new float[from.length];
    along(from, direction, length, point);
    return point;
  }

  /**
   * The same, written to an array.
   *
   * @param point {@code [D]}; may be one of the others
   */
  void along(float[] from, float[] direction, double length, float[] point) {
    float low = (float) domain.low();
    float high = (float) domain.high();
    float factor = (float) length;
    for (int i = 0; i < point.length; i++) {
      point[i] = Math.min(high, Math.max(low, from[i] + factor * direction[i]));
    }
  }

  /**
   * Makes {@code a} into {@code from + p * a + q * b}, inside the domain.
   *
   * @param a {@code [D]}, written to
   */
  void along(float[] from, float[] a, double p, float[] b, double q) {
    float low = (float) domain.low();
    float high = (float) domain.high();
    float f = (float) p;
    float g = (float) q;
    for (int i = 0; i < a.length; i++) {
      a[i] = Math.min(high, Math.max(low, from[i] + (f * a[i] + g * b[i])));
    }
  }

  /** The point {@code [D]} at this part, in [0, 1], of the way from one to another. */
  float[] between(float[] from, float[] to, double part) {
    float low = (float) domain.low();
    float high = (float) domain.high();
    float factor = (float) part;
    float[] point = new float[from.length];
    for (int i = 0; i < point.length; i++) {
      float value = from[i] + factor * (to[i] - from[i]);
      point[i] = Math.min(high, Math.max(low, value)); // rounding may leave the domain
    }
    return point;
  }

  /** How far {@code b} is from {@code a} in this space's norm. */
  double distance(float[] a, float[] b) {
    return Vectors.distance(norm, a, b);
  }
}
