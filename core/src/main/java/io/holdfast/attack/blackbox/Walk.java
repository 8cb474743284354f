package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The search around one sample: what is asked next, and what follows from the answer. The default
 * is random search, which keeps a point that raises the loss. Used by one thread.
 *
 * <p>A walk may make several proposals before it hears about the first, as many as {@link #ahead}
 * says, so that the model is asked about all of them in one batch; answers come in the order of the
 * proposals.
 */
abstract class Walk {
  final Canvas canvas;
  final RandomGenerator random;
  final float[] clean; // [D]

  /** What counts when the queries are spent, {@code [D]}. */
  final float[] best;

  /** What the model is asked about, {@code [D]}. */
  final float[] next;

  /** Where {@link #next} may differ from {@link #best} in every channel; null for everywhere. */
  @Nullable Window changed;

  private double highest = Double.NEGATIVE_INFINITY;

  /**
   * @param clean the sample {@code [D]}; left as it is
   * @param random the sample's own
   */
  Walk(Canvas canvas, float[] clean, RandomGenerator random) {
    this.canvas = canvas;
    this.clean = clean;
    this.random = random;
    best = clean.clone();
    next = clean.clone();
  }

  /** How many proposals wait for no answer now; 0 if the search is at its end. */
  int ahead() {
    return 1;
  }

  /**
   * Writes {@link #next}.
   *
   * @param query from 0
   */
  abstract void propose(int query);

  /** Whether {@link #next} is admissible, so that the sample may fall to it. */
  boolean counts() {
    return true;
  }

  /** Whether a proposal of this loss, if it reaches the goal, may be what the sample falls to. */
  boolean suffices(double loss) {
    return true;
  }

  /**
   * Takes the loss at a proposal, which the attack raises.
   *
   * @return whether {@link #best} is now the proposal
   */
  boolean hear(double loss) {
    return keepIfHigher(loss);
  }

  /** Keeps {@link #next}, to which this loss belongs, if no point had a higher one. */
  final boolean keepIfHigher(double loss) {
    boolean higher = loss > highest;
    if (higher) {
      highest = loss;
      System.arraycopy(next, 0, best, 0, next.length);
    }
    return higher;
  }

  /** The loss of {@link #best}, or minus infinity. */
  final double highest() {
    return highest;
  }

  final int sign() {
    return random.nextBoolean() ? 1 : -1;
  }

  /**
   * A square of pixels.
   *
   * @param row of its upper edge
   * @param column of its left edge
   * @param side its length, at least 1
   */
  record Window(int row, int column, int side) {
    boolean holds(int i, int j) {
      return i >= row && i < row + side && j >= column && j < column + side;
    }
  }
}
