package io.holdfast.common.governor;

/**
 * How many shards fit into the memory at once: begins with one, adds another while what the process
 * holds and what a shard was seen to take leave room for it, and takes one back when room is short.
 */
final class MemoryRule {
  private static final double FULL = 0.95; // of the limit: one shard fewer
  private static final double ROOM = 0.9; // of the limit: as far as another shard may fill it
  private static final double SPARE = 1.25; // a further shard may take so much more than those seen
  private static final int SEEN = 2; // shards for each place that must have passed in between

  private final long limit;
  private int ceiling;
  private int places;
  private long base = -1;
  private double perShard;
  private long changedAt;

  /**
   * @param limit in bytes
   * @param places to begin with
   * @param most places that there can be
   */
  MemoryRule(long limit, int places, int most) {
    this.limit = limit;
    this.places = places;
    ceiling = most;
  }

  int places() {
    return places;
  }

  /**
   * Looks at what is held.
   *
   * @param held the most bytes since the last call, -1 if unknown
   * @param passed shards that have passed so far
   * @return places from here on
   */
  int look(long held, long passed) {
    if (held < 0) {
      return places;
    }
    if (base < 0) {
      base = held;
      changedAt = passed;
      return places;
    }
    if (passed - changedAt < (long) SEEN * places) {
      return places;
    }
    perShard = Math.max(perShard, (double) (held - base) / places);
    if (held > FULL * limit && places > 1) {
      change(places - 1, passed);
      ceiling = places;
    } else if (places < ceiling && held + SPARE * perShard <= ROOM * limit) {
      change(places + 1, passed);
    }
    return places;
  }

  /** Memory ran out: half of the places from here on, and never more again; false if it was one. */
  boolean halve(int present, long passed) {
    if (present == 1) {
      return false;
    }
    change(Math.max(1, present / 2), passed);
    ceiling = places;
    return true;
  }

  private void change(int number, long passed) {
    places = number;
    changedAt = passed;
  }
}
