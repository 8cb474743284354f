package io.holdfast.common.governor;

/**
 * How many shards fit into the memory at once: begins with one, adds another while what the process
 * holds and what a shard was seen to take leave room for it, and takes one back when room is short.
 * It goes by the shards that were really inside at once: what nobody used says nothing of more.
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
  private int used; // most shards at once since then

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
   * @param inside the most of them at once since the last call
   * @return places from here on
   */
  int look(long held, long passed, int inside) {
    used = Math.max(used, inside);
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
    int shards = Math.max(1, Math.min(used, places));
    perShard = Math.max(perShard, (double) (held - base) / shards);
    if (held > FULL * limit && places > 1) {
      change(Math.max(1, shards - 1), passed);
      ceiling = places;
    } else if (used >= places && places < ceiling && held + SPARE * perShard <= ROOM * limit) {
      change(places + 1, passed);
    }
    return places;
  }

  /**
   * Memory ran out: half as many shards at once from here on as there were, and never more again.
   *
   * @param present places now
   * @param passed shards that have passed so far
   * @param inside the most of them at once since the last call of this or {@link #look}
   * @return false if it was one alone
   */
  boolean halve(int present, long passed, int inside) {
    used = Math.max(used, inside);
    int busy = used == 0 ? present : Math.min(present, used);
    if (busy == 1) {
      return false;
    }
    change(busy / 2, passed);
    ceiling = places;
    return true;
  }

  private void change(int number, long passed) {
    places = number;
    changedAt = passed;
    used = 0;
  }
}
