package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;

/** A path through the domain with one parameter, mostly one that leads away from a clean input. */
@FunctionalInterface
interface Trail {
  /** The point {@code [D]} at this amount; at 0 the clean input, at 1 the far end. */
  float[] at(double amount);

  /** The straight line from one point to another. */
  static Trail line(Space space, float[] from, float[] to) {
    float[] direction = Vectors.difference(to, from);
    return amount -> space.along(from, direction, amount);
  }

  /**
   * From a point to another as the norm has it: in L-infinity all values at once by the same size,
   * those that have arrived staying (Chen et al. 2020, section III.B, equation 9), else straight.
   */
  static Trail towards(Space space, float[] from, float[] to) {
    if (space.norm() != Norm.LINF) {
      return line(space, from, to);
    }
    double far = space.distance(from, to);
    return amount -> {
      double most = amount * far;
      float[] point = new float[from.length];
      for (int i = 0; i < point.length; i++) {
        double change = (double) to[i] - from[i];
        point[i] = space.clamp(from[i] + Math.max(-most, Math.min(most, change)));
      }
      return point;
    };
  }

  /** The ray from a point in a direction; the amount is multiples of the direction. */
  static Trail ray(Space space, float[] from, float[] direction) {
    return length -> space.along(from, direction, length);
  }
}
