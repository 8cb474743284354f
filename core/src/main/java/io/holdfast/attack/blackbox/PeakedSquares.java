package io.holdfast.attack.blackbox;

import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * In the L2 and L1 balls changes are spent where they tell: a proposal empties one window into
 * another, where a peaked pattern is mixed with what is there, and the whole change is brought to
 * length epsilon before values are clipped (algorithm 3). The mass of a part is the sum of squares
 * in L2, of sizes in L1.
 */
final class PeakedSquares extends Squares {
  private static final double TINY = 1e-12;
  private static final int TILES = 5;
  private static final int LEAST = 3;

  private final boolean squared;
  private final double[] delta; // [D], the change that is proposed
  private double[] pattern = {}; // [side, side]
  private int patternSide;

  PeakedSquares(Square square, int planned, Canvas canvas, float[] clean, RandomGenerator random) {
    super(square, planned, canvas, clean, random);
    squared = canvas.norm() == Norm.L2;
    delta = new double[canvas.size()];
  }

  /** Tiles of a fifth of the height, each with a pattern of random signs and direction. */
  @Override
  void start() {
    int side = Math.min(canvas.width(), Math.max(1, canvas.height() / TILES));
    for (int i = 0; i + side <= canvas.height(); i += side) {
      for (int j = 0; j + side <= canvas.width(); j += side) {
        Window tile = new Window(i, j, side);
        boolean turned = random.nextBoolean();
        for (int c = 0; c < canvas.channels(); c++) {
          add(tile, c, sign(), turned);
        }
      }
    }
    finish();
  }

  /** Odd, so that a pattern has a middle. */
  @Override
  int side(int scheduled) {
    return Math.max(LEAST, scheduled) | 1;
  }

  @Override
  void change(int side) {
    Arrays.setAll(delta, i -> (double) best[i] - clean[i]);
    double unused =
        Math.max(0, mass(canvas.epsilon()) - mass(delta, 0, delta.length)) / canvas.channels();
    Window to = window(side);
    Window from = window(side);
    boolean turned = random.nextBoolean();
    for (int c = 0; c < canvas.channels(); c++) {
      double there = scale(to, c, 1);
      double mass = unused + there + move(from, to, c);
      scale(to, c, 1 / (TINY + length(there)));
      add(to, c, sign(), turned);
      scale(to, c, length(mass) / (TINY + length(scale(to, c, 1))));
    }
    finish();
  }

  /** Multiplies the changes in a window and gives the mass that they had. */
  private double scale(Window window, int channel, double factor) {
    double mass = 0;
    for (int i = window.row(); i < window.row() + window.side(); i++) {
      for (int j = window.column(); j < window.column() + window.side(); j++) {
        int at = canvas.at(channel, i, j);
        mass += mass(delta[at]);
        delta[at] *= factor;
      }
    }
    return mass;
  }

  /** Empties {@code from} where it lies outside {@code to} and gives the mass that was there. */
  private double move(Window from, Window to, int channel) {
    double mass = 0;
    for (int i = from.row(); i < from.row() + from.side(); i++) {
      for (int j = from.column(); j < from.column() + from.side(); j++) {
        if (!to.holds(i, j)) {
          int at = canvas.at(channel, i, j);
          mass += mass(delta[at]);
          delta[at] = 0;
        }
      }
    }
    return mass;
  }

  private void add(Window window, int channel, int sign, boolean turned) {
    int side = window.side();
    if (patternSide != side) {
      patternSide = side;
      pattern = pattern(side);
    }
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        double value = pattern[turned ? j * side + i : i * side + j];
        delta[canvas.at(channel, window.row() + i, window.column() + j)] += sign * value;
      }
    }
  }

  /** Brings the change to length epsilon and writes the point. */
  private void finish() {
    double factor = canvas.epsilon() / (TINY + length(mass(delta, 0, delta.length)));
    for (int i = 0; i < next.length; i++) {
      next[i] = canvas.clamp(clean[i] + delta[i] * factor);
    }
  }

  /**
   * Two peaks of opposite signs, one above the other, together of length 1: {@code [side, side]}.
   */
  private double[] pattern(int side) {
    double[] both = new double[side * side];
    int upper = side / 2;
    peak(both, 0, upper, side, 1);
    peak(both, upper, side - upper, side, -1);
    scale(both, 0, both.length, 1 / length(mass(both, 0, both.length)));
    return both;
  }

  /**
   * One peak of this length: nested rectangles, the k-th from the middle of height {@code 1 / k^2}
   * (section 3.4, equation 2), in L1 {@code 1 / k^4}.
   */
  private void peak(double[] out, int row, int rows, int side, double length) {
    int rings = Math.max(rows, side) / 2 + 1;
    double[] height = new double[rings + 1]; // [rings + 1], by distance from the middle
    for (int ring = rings - 1; ring >= 0; ring--) {
      height[ring] = height[ring + 1] + Math.pow(ring + 1, squared ? -2 : -4);
    }
    int from = row * side;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < side; j++) {
        int ring = Math.max(Math.abs(i - rows / 2), Math.abs(j - side / 2));
        out[from + i * side + j] = height[ring];
      }
    }
    int to = from + rows * side;
    scale(out, from, to, length / Math.max(TINY, length(mass(out, from, to))));
  }

  private static void scale(double[] values, int from, int to, double factor) {
    for (int i = from; i < to; i++) {
      values[i] *= factor;
    }
  }

  private double mass(double value) {
    return squared ? value * value : Math.abs(value);
  }

  private double mass(double[] values, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += mass(values[i]);
    }
    return sum;
  }

  /** The norm of what has this mass. */
  private double length(double mass) {
    return squared ? Math.sqrt(mass) : mass;
  }
}
