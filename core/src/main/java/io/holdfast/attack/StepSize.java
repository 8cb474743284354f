package io.holdfast.attack;

import io.holdfast.threat.ThreatModel;

/**
 * The length of a step.
 *
 * @param absolute in the units of the input at the threat model's nominal epsilon, or NaN
 * @param relative as a part of epsilon, where {@code absolute} is NaN
 */
public record StepSize(double absolute, double relative) {
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
   * A quarter of epsilon for up to ten steps, beyond that 2.5 / steps of it (Madry et al. 2018: far
   * enough to reach any part of the ball from any start).
   */
  public static StepSize standard(int steps) {
    return relative(Math.min(0.25, 2.5 / steps));
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
