package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The search around one sample: what is asked next, and what follows from the answer. The default
 * is random search, which keeps a point that raises the loss. Used by one thread.
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

  /**
   * Writes an admissible {@link #next}.
   *
   * @param query from 0
   */
  abstract void propose(int query);

  /**
   * Takes the loss at {@link #next}, which the attack raises.
   *
   * @return whether {@link #best} is now {@link #next}
   */
  boolean hear(double loss) {
    if (loss > highest) {
      highest = loss;
      System.arraycopy(next, 0, best, 0, next.length);
      return true;
    }
    return false;
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
