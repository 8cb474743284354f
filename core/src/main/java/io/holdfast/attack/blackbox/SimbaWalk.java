package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/** The clean input first, then each direction one way and, where that did not help, the other. */
final class SimbaWalk extends Walk {
  private final Directions directions;
  private final double step;
  private int[] order = {}; // of all directions, drawn anew when each was tried
  private int taken;
  private boolean back;

  SimbaWalk(
      Directions directions, double step, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.directions = directions;
    this.step = step;
  }

  @Override
  void propose(int query) {
    if (query == 0) {
      return;
    }
    if (taken == order.length) {
      order = directions.order(random);
      taken = 0;
    }
    System.arraycopy(best, 0, next, 0, next.length);
    directions.add(next, order[taken], back ? -step : step);
    canvas.confine(next, clean);
  }

  @Override
  boolean hear(double loss) {
    boolean first = order.length == 0;
    boolean kept = keepIfHigher(loss);
    if (!first) {
      boolean done = kept || back;
      taken += done ? 1 : 0;
      back = !done;
    }
    return kept;
  }
}
