package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.holdfast.common.Records;
import io.holdfast.train.TrainResult.Validation;
import org.jspecify.annotations.Nullable;

/**
 * The part of a run's state that is no tensors.
 *
 * @param step the next step, from 0
 * @param epoch sums over the present epoch's steps so far
 * @param best the best validation so far, or null
 * @param last the latest validation, or null
 * @param stopped true when patience or remedies ran out
 * @param guard where the guard against catastrophic overfitting stands; null without one
 * @param advance where curricula stand that go by accuracy; null without such
 * @param mean where the mean of weights stands; null without one
 * @param standing of classes and groups in the validations so far; null where nothing goes by it
 */
record Counters(
    long step,
    StepSums epoch,
    @Nullable Validation best,
    @Nullable Validation last,
    boolean stopped,
    OverfittingGuard.@Nullable State guard,
    Advance.@Nullable State advance,
    @JsonInclude(JsonInclude.Include.NON_NULL) WeightMean.@Nullable State mean,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Standing standing) {
  static final Counters START =
      new Counters(0, StepSums.NONE, null, null, false, null, null, null, null);

  Counters with(OverfittingGuard.@Nullable State other) {
    return Records.with(this, "guard", other);
  }

  Counters with(Advance.@Nullable State other) {
    return Records.with(this, "advance", other);
  }

  Counters with(WeightMean.@Nullable State other) {
    return Records.with(this, "mean", other);
  }

  Counters with(@Nullable Standing other) {
    return Records.with(this, "standing", other);
  }

  /** One step later, with so much of the epoch. */
  Counters next(StepSums sums) {
    return Records.with(inEpoch(sums), "step", step + 1);
  }

  /** In another epoch. */
  Counters inEpoch(StepSums sums) {
    return Records.with(this, "epoch", sums);
  }

  /** After a validation; training that has ended does not go on by it. */
  Counters validated(Validation top, Validation now, boolean ends) {
    Counters seen = Records.with(Records.with(this, "best", top), "last", now);
    return ends ? seen.stop() : seen;
  }

  Counters stop() {
    return Records.with(this, "stopped", true);
  }
}
