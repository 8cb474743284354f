package io.holdfast.train;

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
 */
record Counters(
    long step,
    StepSums epoch,
    @Nullable Validation best,
    @Nullable Validation last,
    boolean stopped,
    OverfittingGuard.@Nullable State guard,
    Advance.@Nullable State advance) {
  static final Counters START = new Counters(0, StepSums.NONE, null, null, false, null, null);

  Counters with(OverfittingGuard.@Nullable State other) {
    return new Counters(step, epoch, best, last, stopped, other, advance);
  }

  Counters with(Advance.@Nullable State other) {
    return new Counters(step, epoch, best, last, stopped, guard, other);
  }

  Counters stop() {
    return new Counters(step, epoch, best, last, true, guard, advance);
  }
}
