package io.holdfast.train.objective;

import io.holdfast.threat.ThreatModel;

/**
 * An objective and its loss in plain doubles.
 *
 * @param progress of training, in [0, 1)
 */
record TwinRow(Objective objective, double progress, ThreatModel threat, Twin twin) {
  static final double EARLY = 0.1;
  static final double LATE = 0.9;

  /** The loss of one sample in double. */
  interface Twin {
    /**
     * The loss.
     *
     * @param now with the parameters whose loss is asked for
     * @param before with those at which the gradient is taken, for weights that carry none
     */
    double loss(TwinCase now, TwinCase before, int row);
  }

  TwinRow(Objective objective, double progress, Twin twin) {
    this(objective, progress, TwinShard.THREAT, twin);
  }

  static TwinRow row(Objective objective, Twin twin) {
    return new TwinRow(objective, LATE, twin);
  }

  @Override
  public String toString() {
    return objective + " at " + progress;
  }
}
