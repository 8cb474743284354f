package io.holdfast.train;

import io.holdfast.common.Format;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a governor has left out in the end.
 *
 * @param steps that training was left, whether or not it ended before them
 * @param total those that were planned
 * @param planned gradients of the search per sample in the steps that were taken, in the mean, with
 *     all effort
 * @param done those that were taken
 * @param unbegun whether the end came before adversarial samples that were put off
 * @param validation whether epochs' ends were no longer validated
 */
record GivenUp(
    long steps, long total, double planned, double done, boolean unbegun, boolean validation) {
  private static final double ROUNDING = 1e-9;
  private static final double OVER = 1.005; // of a budget: worth a word

  /**
   * In words.
   *
   * @param tightest the budget that is nearest to its end, null for none
   */
  String words(@Nullable Meter tightest) {
    List<String> parts = new ArrayList<>();
    if (done < planned * (1 - ROUNDING)) {
      parts.add(Format.percent(1 - done / planned) + " of the attack's gradients per step");
    }
    if (unbegun) {
      parts.add("the adversarial samples that were put off");
    }
    if (steps < total) {
      parts.add(Format.percent(1 - (double) steps / total) + " of the steps");
    }
    if (validation) {
      parts.add("validation before the end of training");
    }
    List<String> all = new ArrayList<>();
    if (!parts.isEmpty()) {
      all.add("gave up " + String.join(" and ", parts));
    }
    double used = tightest == null ? 0 : tightest.used() / tightest.limit;
    if (used > OVER) {
      all.add("took " + Format.percent(used - 1) + " more than its budget");
    }
    String text = all.isEmpty() ? "gave up nothing" : String.join("; ", all);
    return tightest == null ? text : text + tightest.words(0);
  }
}
