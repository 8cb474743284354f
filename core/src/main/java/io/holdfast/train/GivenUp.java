package io.holdfast.train;

import io.holdfast.common.Format;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
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
 * @param unseen epochs whose ends were not validated
 */
record GivenUp(long steps, long total, double planned, double done, boolean unbegun, long unseen) {
  private static final long NEVER = -1;
  private static final double ROUNDING = 1e-9;
  private static final double OVER = 1.005; // of a budget: worth a word

  /**
   * Epochs whose ends were not validated by a governor's decisions; the end of all always is.
   *
   * @param decisions of the training, in the order of time
   * @param steps that were taken
   */
  static long unseen(List<Decision> decisions, long steps, int perEpoch) {
    long unseen = 0;
    long off = NEVER; // the step from which ends are passed over
    for (Decision d : decisions) {
      if (d.what() == What.ROLLBACK && off != NEVER) {
        unseen += ends(off, (long) d.from(), perEpoch);
        off = (long) d.to();
      } else if (d.what() == What.VALIDATION) {
        unseen += off == NEVER ? 0 : ends(off, d.step(), perEpoch);
        off = d.to() == 0 ? d.step() : NEVER;
      }
    }
    return off == NEVER ? unseen : unseen + ends(off, steps - 1, perEpoch);
  }

  /** Of epochs, behind one step and up to another. */
  private static long ends(long after, long upTo, int perEpoch) {
    return Math.max(0, upTo / perEpoch - after / perEpoch);
  }

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
    if (unseen > 0) {
      parts.add("the validation of " + Format.count(unseen) + (unseen == 1 ? " epoch" : " epochs"));
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
