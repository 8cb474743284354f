package io.holdfast.record;

/**
 * A confidence interval.
 *
 * @param lo lower end
 * @param hi upper end, at least {@code lo}
 */
public record Interval(double lo, double hi) {
  /**
   * @throws IllegalArgumentException if the ends are not numbers in order
   */
  public Interval {
    if (!(lo <= hi)) {
      throw new IllegalArgumentException("no interval: [" + lo + ", " + hi + "]");
    }
  }

  public boolean contains(double value) {
    return lo <= value && value <= hi;
  }
}
