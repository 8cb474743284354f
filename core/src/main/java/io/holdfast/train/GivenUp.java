package io.holdfast.train;

import io.holdfast.common.Format;
import org.jspecify.annotations.Nullable;

/**
 * What a governor has left out in the end.
 *
 * @param steps that training was left, whether or not it ended before them
 * @param total those that were planned
 * @param planned gradients of the search per sample in the steps that were taken, in the mean, with
 *     all effort
 * @param done those that were taken
 */
record GivenUp(long steps, long total, double planned, double done) {
  private static final double ROUNDING = 1e-9;

  /**
   * In words.
   *
   * @param tightest the budget that is nearest to its end, null for none
   */
  String words(@Nullable Meter tightest) {
    StringBuilder text = new StringBuilder("gave up ");
    boolean fewer = done < planned * (1 - ROUNDING);
    if (fewer) {
      text.append(Format.percent(1 - done / planned)).append(" of the attack's gradients per step");
    }
    if (steps < total) {
      text.append(fewer ? " and " : "");
      text.append(Format.percent(1 - (double) steps / total)).append(" of the steps");
    }
    text.append(fewer || steps < total ? "" : "nothing");
    return tightest == null ? text.toString() : text + tightest.words(0);
  }
}
