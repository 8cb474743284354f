package io.holdfast.attack;

import io.holdfast.threat.ThreatModel;

/**
 * The length of a step.
 *
 * @param absolute in the units of the input at the threat model's nominal epsilon, or NaN
 * @param relative as a part of epsilon, where {@code absolute} is NaN
 */
public record StepSize(double absolute, double relative) {
  /** {@link #standard} in words. */
  public static final String STANDARD =
      "1.75 epsilon/steps up to 7 steps and at most epsilon, epsilon/4 up to 10, then 2.5 epsilon/steps";

  private static final int SEVEN = 7;
  private static final double QUARTER = 0.25;

  public StepSize {
    double given = Double.isNaN(absolute) ? relative : absolute;
    if (!(given > 0) || Double.isInfinite(given)) {
      throw new IllegalArgumentException("a step is a finite length above 0, not " + given);
    }
  }

  /** In the units of the input. */
  public static StepSize absolute(double length) {
    return new StepSize(length, Double.NaN);
  }

  /** As a part of epsilon. */
  public static StepSize relative(double part) {
    return new StepSize(Double.NaN, part);
  }

  /**
   * A quarter of epsilon for seven to ten steps, as in the seven steps of 2/255 within 8/255 of
   * Madry et al. 2018; beyond that 2.5 / steps of it (ibid.: far enough to reach any part of the
   * ball from any start). Fewer steps go as far as those seven together, up to a whole epsilon
   * each: two steps of a quarter from a random start hardly leave where they began.
   */
  public static StepSize standard(int steps) {
    double far = steps < SEVEN ? Math.min(1, SEVEN * QUARTER / steps) : QUARTER;
    return relative(Math.min(far, 2.5 / steps));
  }

  /**
   * The standard length of another number of steps, where this is the standard one of {@code
   * steps}.
   */
  public StepSize following(int steps, int other) {
    return equals(standard(steps)) ? standard(other) : this;
  }

  /** As a part of the threat model's epsilon; 0 where that is 0. */
  public double fraction(ThreatModel nominal) {
    if (Double.isNaN(absolute)) {
      return relative;
    }
    return nominal.epsilon() == 0 ? 0 : absolute / nominal.epsilon();
  }
}
