package io.holdfast.attack.gradient;

/**
 * The step length of one sample in Auto-PGD (Croce and Hein 2020, section 3.1). At checkpoints,
 * which come after 22% of the steps and then in periods that shrink by 3% down to 6%, the length is
 * halved, and the sample goes back to its best point, where
 *
 * <ul>
 *   <li>at most the share rho of the steps since the last checkpoint has raised the loss, or
 *   <li>neither the length nor the highest loss has changed since the last checkpoint.
 * </ul>
 */
final class Halving {
  private static final int FIRST = 22; // all in hundredths of the steps
  private static final int LESS = 3;
  private static final int LEAST = 6;

  private final int steps;
  private final double rho;
  private double length;
  private int taken = -1; // steps so far
  private int checked; // steps until the last checkpoint
  private int period = FIRST;
  private int place = FIRST; // of the next checkpoint
  private int rises;
  private double last;
  private double highestThen; // at the last checkpoint
  private boolean halved = true; // there: at first no halving is missed

  Halving(int steps, double rho, double length) {
    this.steps = steps;
    this.rho = rho;
    this.length = length;
  }

  double length() {
    return length;
  }

  /**
   * Takes note of the next point; the first is the start.
   *
   * @param loss there
   * @param highest loss so far, this one included
   * @return whether the length was halved
   */
  boolean next(double loss, double highest) {
    taken++;
    if (taken == 0) {
      highestThen = highest;
    } else if (loss > last) {
      rises++;
    }
    last = loss;
    return taken > checked && taken == checkpoint() && check(highest);
  }

  /** The next checkpoint, in steps. */
  private int checkpoint() {
    return (place * steps + 99) / 100;
  }

  private boolean check(double highest) {
    boolean oscillates = rises <= rho * (taken - checked);
    boolean stands = !halved && highest <= highestThen;
    halved = oscillates || stands;
    length *= halved ? 0.5 : 1;
    highestThen = highest;
    rises = 0;
    checked = taken;
    while (checkpoint() <= taken) {
      period = Math.max(period - LESS, LEAST);
      place += period;
    }
    return halved;
  }
}
