package io.holdfast.threat;

import java.util.random.RandomGenerator;

/** Projections onto a ball and the unit box by bisection on the multiplier, in double. */
final class SlowProjection {
  private SlowProjection() {}

  static double[] nearest(Additive set, double[] clean, double[] wanted) {
    double low = 0;
    double high = 1;
    while (size(set, clean, shrunk(set, clean, wanted, high)) > set.epsilon()) {
      high *= 2;
    }
    if (size(set, clean, shrunk(set, clean, wanted, 0)) <= set.epsilon()) {
      return shrunk(set, clean, wanted, 0);
    }
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      boolean inside = size(set, clean, shrunk(set, clean, wanted, middle)) <= set.epsilon();
      low = inside ? low : middle;
      high = inside ? middle : high;
    }
    return shrunk(set, clean, wanted, high);
  }

  /** The minimiser of the distance plus the multiplier times the norm, inside the box. */
  private static double[] shrunk(Additive set, double[] clean, double[] wanted, double multiplier) {
    double[] x = new double[clean.length];
    for (int i = 0; i < x.length; i++) {
      double change = wanted[i] - clean[i];
      double size = Math.abs(change);
      double left =
          switch (set.norm()) {
            case L2 -> size / (1 + multiplier);
            case L1 -> Math.max(0, size - multiplier);
            default -> multiplier == 0 ? size : Math.min(size, set.epsilon());
          };
      x[i] = Math.min(1, Math.max(0, clean[i] + Math.copySign(left, change)));
    }
    return x;
  }

  private static double size(Additive set, double[] clean, double[] x) {
    double sum = 0;
    double largest = 0;
    for (int i = 0; i < x.length; i++) {
      double d = Math.abs(x[i] - clean[i]);
      sum += set.norm() == Norm.L2 ? d * d : d;
      largest = Math.max(largest, d);
    }
    return switch (set.norm()) {
      case LINF -> largest - 1e-12;
      case L2 -> Math.sqrt(sum);
      default -> sum;
    };
  }

  static double[] randomAdmissible(Additive set, double[] clean, RandomGenerator random) {
    double[] far = new double[clean.length];
    for (int i = 0; i < far.length; i++) {
      far[i] = clean[i] + random.nextGaussian() * (random.nextInt(3) == 0 ? 10 : 0.1);
    }
    return nearest(set, clean, far);
  }
}
