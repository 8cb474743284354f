package io.holdfast.common.governor;

import io.holdfast.common.governor.Gauges.Load;

/**
 * How many shards fit beside what other processes do: the machine's cores times the share that may
 * be busy, less what the others use. A change must be seen twice, so that a blip is none.
 */
final class LoadRule {
  private static final double NEARLY = 0.25; // of a core: others' noise takes no place away

  private final double share;
  private final int most;
  private int places;
  private int wished;
  private Load seen = Load.UNKNOWN;

  /**
   * @param share of the cores that may be busy, in (0, 1]
   * @param most places that there can be
   */
  LoadRule(double share, int most) {
    this.share = share;
    this.most = most;
    places = most;
    wished = most;
  }

  /** Places from here on, 0 to wait. */
  int look(Load load) {
    seen = load;
    if (Double.isNaN(load.others())) {
      return places;
    }
    double free = share * load.cores() - load.others() + NEARLY;
    int now = (int) Math.max(0, Math.min(most, Math.floor(free)));
    boolean again =
        now == wished || Integer.signum(now - places) == Integer.signum(wished - places);
    wished = now;
    if (again) {
      places = now;
    }
    return places;
  }

  /** As of the last look. */
  int places() {
    return places;
  }

  /** What the last look saw. */
  Load seen() {
    return seen;
  }
}
