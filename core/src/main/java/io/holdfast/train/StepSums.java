package io.holdfast.train;

import java.util.List;

/**
 * Losses and predictions added up over shards or steps.
 *
 * @param loss summed over samples, each times its weight
 * @param samples how many there were
 * @param clean predictions on clean inputs
 * @param robust predictions on adversarial inputs that were made on the fly
 * @param library predictions on saved ones
 */
record StepSums(double loss, long samples, Tally clean, Tally robust, Tally library) {
  static final StepSums NONE = new StepSums(0, 0, Tally.NONE, Tally.NONE, Tally.NONE);

  static StepSums of(List<ShardResult> shards) {
    return shards.stream().map(ShardResult::sums).reduce(NONE, StepSums::plus);
  }

  StepSums plus(StepSums other) {
    return new StepSums(
        loss + other.loss,
        samples + other.samples,
        clean.plus(other.clean),
        robust.plus(other.robust),
        library.plus(other.library));
  }

  double meanLoss() {
    return loss / samples;
  }
}
