package io.holdfast.attack.blackbox;

import java.util.Arrays;

/**
 * Adam (Kingma and Ba 2015, algorithm 1) on values that may be seen one at a time, each with its
 * own count of steps (Chen et al. 2017, algorithm 2).
 */
final class Adam {
  private static final double FIRST = 0.9;
  private static final double SECOND = 0.999;
  private static final double TINY = 1e-8;

  private final double rate;
  private final double[] mean;
  private final double[] square;
  private final int[] steps;

  /**
   * @param rate length of a step
   * @param values how many there are
   */
  Adam(double rate, int values) {
    this.rate = rate;
    mean = new double[values];
    square = new double[values];
    steps = new int[values];
  }

  /** How far a value moves up its slope. */
  double step(int value, double slope) {
    int count = ++steps[value];
    mean[value] = FIRST * mean[value] + (1 - FIRST) * slope;
    square[value] = SECOND * square[value] + (1 - SECOND) * slope * slope;
    double first = mean[value] / (1 - Math.pow(FIRST, count));
    double second = square[value] / (1 - Math.pow(SECOND, count));
    return rate * first / (Math.sqrt(second) + TINY);
  }

  /** Forgets everything. */
  void reset() {
    Arrays.fill(mean, 0);
    Arrays.fill(square, 0);
    Arrays.fill(steps, 0);
  }
}
