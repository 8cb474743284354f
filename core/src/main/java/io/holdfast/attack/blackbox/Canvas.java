package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.StepSize;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import io.holdfast.threat.PerturbationSet;
import java.util.random.RandomGenerator;

/**
 * What the walks of one task have in common: images {@code [C, H, W]} in row-major order, and what
 * may be done to them.
 *
 * @param channels C
 * @param height H
 * @param width W
 * @param set around them; never a union
 * @param domain of every value
 */
record Canvas(int channels, int height, int width, PerturbationSet set, Domain domain) {
  static Canvas of(AttackTask task) {
    long[] shape = task.region().clean().shape(); // [n, C, H, W]
    return new Canvas(
        (int) shape[1],
        (int) shape[2],
        (int) shape[3],
        task.threat().set(),
        task.threat().domain());
  }

  /** The norm of the ball; other sets have none. */
  Norm norm() {
    return ((Additive) set).norm();
  }

  /** The size of the set: the radius of a ball in the units of the input. */
  double epsilon() {
    return set.epsilon();
  }

  /** The length of a step in the units of the input. */
  double length(StepSize step) {
    return Double.isNaN(step.absolute()) ? step.relative() * epsilon() : step.absolute();
  }

  /** Number of values D of an image. */
  int size() {
    return channels * height * width;
  }

  /** Number of pixels of an image. */
  int pixels() {
    return height * width;
  }

  /** Where a value lies in the array of an image. */
  int at(int channel, int row, int column) {
    return (channel * height + row) * width + column;
  }

  /** The nearest value of the domain. */
  float clamp(double value) {
    return (float) Math.min(domain.high(), Math.max(domain.low(), value));
  }

  /** Writes {@code from + scale * direction}, clipped to the domain. */
  void ahead(float[] from, float[] direction, double scale, float[] to) {
    float low = (float) domain.low();
    float high = (float) domain.high();
    float factor = (float) scale;
    for (int i = 0; i < to.length; i++) {
      to[i] = Math.min(high, Math.max(low, from[i] + factor * direction[i]));
    }
  }

  /** One end of the domain. */
  float corner(RandomGenerator random) {
    return (float) (random.nextBoolean() ? domain.high() : domain.low());
  }

  /** Copies one pixel with all of its channels. */
  void copyPixel(float[] from, int source, float[] to, int target) {
    for (int c = 0; c < channels; c++) {
      to[c * pixels() + target] = from[c * pixels() + source];
    }
  }

  /** Whether two images are the same at one pixel. */
  boolean samePixel(float[] a, float[] b, int pixel) {
    for (int c = 0; c < channels; c++) {
      if (a[c * pixels() + pixel] != b[c * pixels() + pixel]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Moves a point into ball and domain: in L-infinity to the nearest admissible one; in the other
   * norms it is clipped to the domain, then its change is shrunk to length epsilon.
   */
  void confine(float[] point, float[] clean) {
    double epsilon = epsilon();
    if (norm() == Norm.LINF) {
      for (int i = 0; i < point.length; i++) {
        double least = Math.max(domain.low(), clean[i] - epsilon);
        double most = Math.min(domain.high(), clean[i] + epsilon);
        point[i] = (float) Math.min(most, Math.max(least, point[i]));
      }
      return;
    }
    ahead(point, point, 0, point);
    double length = length(point, clean);
    for (int i = 0; i < point.length && length > epsilon; i++) {
      point[i] = clamp(clean[i] + (point[i] - clean[i]) * (epsilon / length));
    }
  }

  /** The size of a change in the norm of the ball. */
  double length(float[] point, float[] clean) {
    Norm norm = norm();
    double total = 0;
    for (int i = 0; i < point.length; i++) {
      double change = Math.abs((double) point[i] - clean[i]);
      total =
          switch (norm) {
            case LINF -> Math.max(total, change);
            case L2 -> total + change * change;
            case L1 -> total + change;
            case L0 -> total + (change > 0 ? 1 : 0);
          };
    }
    return norm == Norm.L2 ? Math.sqrt(total) : total;
  }

  /**
   * A step of this length along a gradient, confined: in L-infinity along its sign, else along its
   * direction. A zero gradient moves nothing.
   */
  void step(float[] point, float[] clean, double[] gradient, double length) {
    boolean box = norm() == Norm.LINF;
    double squares = 0;
    for (double slope : gradient) {
      squares += slope * slope;
    }
    double scale = squares == 0 ? 0 : length / Math.sqrt(squares);
    for (int i = 0; i < point.length; i++) {
      double move = box ? Math.signum(gradient[i]) * length : gradient[i] * scale;
      point[i] = (float) (point[i] + move);
    }
    confine(point, clean);
  }
}
