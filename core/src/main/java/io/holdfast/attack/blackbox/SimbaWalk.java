package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** The clean input first, then each direction one way and, where that did not help, the other. */
final class SimbaWalk extends Walk {
  private final Directions directions;
  private final double step;
  private int[] order = {}; // of all directions, drawn anew when each was tried
  private int taken;
  private boolean back;
  private boolean stuck; // no direction leads anywhere

  SimbaWalk(
      Directions directions, double step, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.directions = directions;
    this.step = step;
  }

  @Override
  int ahead() {
    return stuck ? 0 : 1;
  }

  /** Steps that lead nowhere, as those out of the domain do, are not asked about. */
  @Override
  void propose(int query) {
    if (query == 0) {
      return;
    }
    step();
    int tries = 2 * order.length;
    while (tries > 0 && Arrays.equals(next, best)) {
      answered(false);
      step();
      tries--;
    }
    stuck = tries == 0;
  }

  private void step() {
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
      answered(kept);
    }
    return kept;
  }

  private void answered(boolean kept) {
    boolean done = kept || back;
    taken += done ? 1 : 0;
    back = !done;
  }
}
