package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The mean over pairs of {@code (L(x + s u) - L(x - s u)) / (2 s) u} with random directions u,
 * which estimates the gradient of L, smoothed (Ilyas et al. 2018, equation 2; Uesato et al. 2018,
 * equation 6, where 1/u = u).
 */
final class DifferenceWalk extends EstimateWalk {
  private final Noise noise;
  private final double distance; // s
  private final Rule rule;
  private final double[] gradient; // [D], the sum so far
  private final int pairs;

  /** How the values of a direction are drawn. */
  enum Noise {
    /** Normal, of mean 0 and deviation 1. */
    NORMAL,
    /** -1 or 1. */
    SIGNS
  }

  /** How a point moves along a gradient. */
  interface Rule {
    /**
     * Moves the point, in place, to an admissible one.
     *
     * @param gradient {@code [D]}
     */
    void move(float[] point, double[] gradient);
  }

  DifferenceWalk(
      int pairs,
      Noise noise,
      double distance,
      Rule rule,
      Canvas canvas,
      float[] clean,
      RandomGenerator random) {
    super(pairs, clean.length, canvas, clean, random);
    this.pairs = pairs;
    this.noise = noise;
    this.distance = distance;
    this.rule = rule;
    gradient = new double[clean.length];
  }

  @Override
  void draw(float[] direction) {
    for (int i = 0; i < direction.length; i++) {
      direction[i] = noise == Noise.NORMAL ? (float) random.nextGaussian() : sign();
    }
  }

  @Override
  void probe(float[] direction, int side) {
    canvas.ahead(point, direction, side * distance, next);
  }

  @Override
  void add(float[] direction, double one, double other) {
    double slope = (one - other) / (2 * distance * pairs);
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] += slope * direction[i];
    }
  }

  @Override
  void move() {
    rule.move(point, gradient);
    Arrays.fill(gradient, 0);
  }
}
