package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/**
 * In the L-infinity ball every value sits on a face of ball or box; a proposal moves one window to
 * one face per channel (algorithm 2), with signs drawn anew while nothing would change, as in the
 * authors' own program.
 */
final class FlatSquares extends Squares {
  private static final int DRAWS = 16; // with epsilon 0 nothing ever changes

  FlatSquares(Square square, int planned, Canvas canvas, float[] clean, RandomGenerator random) {
    super(square, planned, canvas, clean, random);
  }

  /** Vertical stripes one pixel wide. */
  @Override
  void start() {
    for (int c = 0; c < canvas.channels(); c++) {
      for (int j = 0; j < canvas.width(); j++) {
        int sign = sign();
        for (int i = 0; i < canvas.height(); i++) {
          set(canvas.at(c, i, j), sign);
        }
      }
    }
  }

  @Override
  int side(int scheduled) {
    return Math.max(1, scheduled);
  }

  @Override
  void change(int side) {
    System.arraycopy(best, 0, next, 0, next.length);
    Window window = window(side);
    changed = window;
    boolean differs = false;
    for (int draw = 0; draw < DRAWS && !differs; draw++) {
      for (int c = 0; c < canvas.channels(); c++) {
        differs |= fill(window, c, sign());
      }
    }
  }

  private boolean fill(Window window, int channel, int sign) {
    boolean changed = false;
    for (int i = window.row(); i < window.row() + window.side(); i++) {
      for (int j = window.column(); j < window.column() + window.side(); j++) {
        int at = canvas.at(channel, i, j);
        set(at, sign);
        changed |= next[at] != best[at];
      }
    }
    return changed;
  }

  private void set(int at, int sign) {
    next[at] = canvas.clamp(clean[at] + sign * canvas.epsilon());
  }
}
