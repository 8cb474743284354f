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
  private static final double PART = 1.5;
  private static final double FIRST = 0.2;

  private final double radius;
  private double length;
  private double changed;
  private double moved;

  /**
   * At the start.
   *
   * @param radius of the ball
   * @param changed number of components in which the start differs from the clean input
   */
  Sparsity(double radius, double changed) {
    this(radius, changed, changed / PART);
  }

  private Sparsity(double radius, double changed, double moved) {
    this.radius = radius;
    this.length = radius;
    this.changed = changed;
    this.moved = moved;
  }

  /**
   * At a start of which nothing is told: as if every component differed, but a first step moves a
   * fifth of them.
   *
   * @param components of the input
   */
  static Sparsity unknown(double radius, double components) {
    return new Sparsity(radius, components, FIRST * components);
  }

  double length() {
    return length;
  }

  /** Number of components that a step moves; not whole. */
  double moved() {
    return moved;
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
    moved = now / PART;
    return sparser;
  }
}
