package io.holdfast.attack.gradient;

/**
 * Step length and sparsity of one sample in Auto-PGD for L1 (Croce and Hein 2021, section 4.1). As
 * long as the best point becomes sparser, steps are as long as the radius and the sample goes on
 * from that point; else steps become shorter, down to a tenth of the radius.
 */
final class Sparsity {
  private static final double SPARSER = 0.95;
  private static final double SHORTER = 1.5;
  private static final double SHORTEST = 0.1;

  private final double radius;
  private double length;
  private double changed;

  /**
   * At the start.
   *
   * @param radius of the ball
   * @param changed number of components in which the start differs from the clean input
   */
  Sparsity(double radius, double changed) {
    this.radius = radius;
    this.length = radius;
    this.changed = changed;
  }

  double length() {
    return length;
  }

  /** Number of components that a step moves; not whole. */
  double moved() {
    return changed / 1.5;
  }

  /**
   * At a checkpoint.
   *
   * @param now number of components in which the best point differs from the clean input
   * @return whether the sample goes back to its best point
   */
  boolean next(double now) {
    boolean sparser = now < SPARSER * changed;
    length = sparser ? radius : Math.max(length / SHORTER, SHORTEST * radius);
    changed = now;
    return sparser;
  }
}
