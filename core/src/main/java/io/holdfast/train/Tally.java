package io.holdfast.train;

import org.jspecify.annotations.Nullable;

/**
 * Predictions counted.
 *
 * @param correct how many were right
 * @param of how many there were; 0 where nothing was counted
 */
record Tally(long correct, long of) {
  static final Tally NONE = new Tally(0, 0);

  Tally plus(Tally other) {
    return new Tally(correct + other.correct, of + other.of);
  }

  /** Accuracy in [0, 1], or null where nothing was counted. */
  @Nullable Double share() {
    return of == 0 ? null : (double) correct / of;
  }
}
