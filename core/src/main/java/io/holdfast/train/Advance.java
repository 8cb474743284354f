package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import org.jspecify.annotations.Nullable;

/**
 * Lets curricula follow what the model withstands instead of time: their progress goes in equal
 * levels from 0 to 1, one level on at the end of each epoch at which robust validation accuracy
 * against the strength of the present level has reached a mark.
 *
 * @param reach the mark, in (0, 1]
 * @param levels at least 2
 * @param longest epochs after which a level ends in any case, 0 for never
 */
public record Advance(double reach, int levels, int longest) {
  public Advance {
    if (!(reach > 0 && reach <= 1) || levels < 2 || longest < 0) {
      throw new IllegalArgumentException(
          "advance: a mark in (0, 1], at least 2 levels and 0 epochs, found "
              + reach
              + ", "
              + levels
              + " and "
              + longest);
    }
  }

  /**
   * Reads the section {@code advance} of a curriculum; null where it is missing. Where nothing is
   * said levels end at the latest so that the last quarter of training is at full strength,
   * whatever is reached; but each has an epoch.
   *
   * @param epochs of the training
   */
  static @Nullable Advance read(SettingsReader curriculum, int epochs) {
    if (!curriculum.has("advance")) {
      return null;
    }
    SettingsReader s = curriculum.section("advance");
    int levels = s.integer("levels", 5, 2, 1_000_000);
    int even = (int) Math.max(1, 3L * epochs / (4L * (levels - 1)));
    return new Advance(
        s.number("reach", 0.5, 1e-6, 1),
        levels,
        s.has("longest") ? s.integer("longest", even, 0, 1_000_000) : even);
  }

  /**
   * Where a run stands.
   *
   * @param level from 0
   * @param epochs at this level so far
   */
  record State(int level, int epochs) {
    static final State START = new State(0, 0);
  }

  /** Whether curricula stand where they are to end. */
  boolean isWhole(State state) {
    return state.level() == levels - 1;
  }

  /** Progress of the curricula, in [0, 1]. */
  double progress(State state) {
    return (double) state.level() / (levels - 1);
  }

  /** After an epoch with this accuracy. */
  State next(State state, double robust) {
    int epochs = state.epochs() + 1;
    boolean met = robust >= reach || (longest > 0 && epochs >= longest);
    return met && state.level() < levels - 1
        ? new State(state.level() + 1, 0)
        : new State(state.level(), epochs);
  }
}
