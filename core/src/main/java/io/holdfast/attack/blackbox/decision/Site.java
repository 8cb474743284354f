package io.holdfast.attack.blackbox.decision;

import io.holdfast.common.Seed;

/** What a walk is given. */
final class Site {
  private final Space space;
  private final float[] clean; // [D]
  private final Seed seed;
  private final long planned;
  private final int round;
  private final Trails trails;

  /**
   * @param space where it moves
   * @param clean the sample {@code [D]}; left as it is
   * @param seed the sample's own
   * @param planned most queries that it may ask
   * @param round of the attack, from 0
   * @param trails on which it looks for a start
   */
  Site(Space space, float[] clean, Seed seed, long planned, int round, Trails trails) {
    this.space = space;
    this.clean = clean;
    this.seed = seed;
    this.planned = planned;
    this.round = round;
    this.trails = trails;
  }

  Space space() {
    return space;
  }

  float[] clean() {
    return clean;
  }

  Seed seed() {
    return seed;
  }

  long planned() {
    return planned;
  }

  int round() {
    return round;
  }

  Trails trails() {
    return trails;
  }
}
