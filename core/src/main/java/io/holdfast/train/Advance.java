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
 * @param longest epochs after which a level ends in any case, 0 for never; {@link #IN_TIME} for as
 *     many as leave the last quarter of the epochs for the last level, for which levels may be
 *     skipped
 */
public record Advance(double reach, int levels, int longest) {
  /** Levels end in time for the last quarter of the epochs at full strength. */
  public static final int IN_TIME = -1;

  public Advance {
    if (!(reach > 0 && reach <= 1) || levels < 2 || longest < IN_TIME) {
      throw new IllegalArgumentException(
          "advance: a mark in (0, 1], at least 2 levels and 0 epochs, or -1, found "
              + reach
              + ", "
              + levels
              + " and "
              + longest);
    }
  }

  /** Reads the section {@code advance} of a curriculum; null where it is missing. */
  static @Nullable Advance read(SettingsReader curriculum) {
    if (!curriculum.has("advance")) {
      return null;
    }
    SettingsReader s = curriculum.section("advance");
    return new Advance(
        s.number("reach", 0.5, 1e-6, 1),
        s.integer("levels", 5, 2, 1_000_000),
        s.has("longest") ? s.integer("longest", 0, 0, 1_000_000) : IN_TIME);
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

  /** Whether an epoch has ended that was at full strength from its beginning. */
  boolean wasWhole(State state) {
    return state.level() == levels - 1 && state.epochs() > 0;
  }

  /** Progress of the curricula, in [0, 1]. */
  double progress(State state) {
    return (double) state.level() / (levels - 1);
  }

  /**
   * After an epoch.
   *
   * @param robust its accuracy
   * @param done epochs in all
   * @param planned epochs of the training
   */
  State next(State state, double robust, int done, int planned) {
    int epochs = state.epochs() + 1;
    boolean met = robust >= reach || (longest > 0 && epochs >= longest);
    int last = levels - 1;
    int due = longest == IN_TIME ? last - Math.max(0, 3 * planned / 4 - done) : 0;
    int level = Math.min(last, Math.max(due, state.level() + (met ? 1 : 0)));
    return level > state.level() ? new State(level, 0) : new State(level, epochs);
  }
}
