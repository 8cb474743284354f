package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/** A walk by windows as {@link Square}'s schedule has them. */
abstract class Squares extends Walk {
  private final Square square;
  private final int planned;

  Squares(Square square, int planned, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.square = square;
    this.planned = planned;
  }

  @Override
  final void propose(int query) {
    if (query == 0) {
      start();
    } else {
      double pixels = square.share(query - 1, planned) * canvas.height() * canvas.width();
      int most = Math.min(canvas.height(), canvas.width());
      change(Math.min(most, side((int) Math.rint(Math.sqrt(pixels)))));
    }
  }

  /** Writes the first point. */
  abstract void start();

  /** The side of a window that the norm wants, given the scheduled one. */
  abstract int side(int scheduled);

  /** Writes a proposal from {@link #best} by windows of this side. */
  abstract void change(int side);

  /** A window somewhere. */
  final Window window(int side) {
    int row = random.nextInt(canvas.height() - side + 1);
    return new Window(row, random.nextInt(canvas.width() - side + 1), side);
  }
}
