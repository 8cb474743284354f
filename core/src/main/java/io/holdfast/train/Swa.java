package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import org.jspecify.annotations.Nullable;

/**
 * Stochastic weight averaging (Izmailov et al. 2018, algorithm 1): from a share of training on, the
 * plain mean of the weights after every so many steps and after the last one, which is then
 * validated and kept. Batch norms get statistics of their own for it, from the training passes of
 * the latest steps' samples.
 *
 * @param from progress in [0, 1) at which averaging begins
 * @param every steps between the weights that are averaged, 0 for an epoch
 * @param rate constant learning rate from there on, as a share of the peak; null to follow the
 *     schedule
 * @param batches whose statistics batch norms get, at least 1
 */
public record Swa(double from, int every, @Nullable Double rate, int batches) {
  /** From three quarters on, once an epoch, along the schedule. */
  public static Swa standard() {
    return new Swa(0.75, 0, null, 16);
  }

  /** Reads the section {@code swa}; null where it is missing. */
  static @Nullable Swa read(SettingsReader train) {
    if (!train.has("swa")) {
      return null;
    }
    SettingsReader s = train.section("swa");
    Swa d = standard();
    return new Swa(
        s.number("from", d.from, 0, 0.999999),
        s.integer("every", d.every, 0, 1_000_000_000),
        s.has("learning_rate") ? (Double) s.number("learning_rate", 0, 1) : null,
        s.integer("statistics", d.batches, 1, 1_000_000));
  }

  /**
   * Whether the weights after so many steps are averaged: after each multiple of the interval from
   * the beginning on, and after the last step.
   *
   * @param pace of the run
   */
  boolean isMoment(long stepsDone, int stepsPerEpoch, Pace pace) {
    long interval = every == 0 ? stepsPerEpoch : every;
    boolean due = stepsDone % interval == 0 || stepsDone >= pace.last();
    return due && hasBegun(stepsDone, pace);
  }

  /** Whether averaging has begun after so many steps. */
  boolean hasBegun(long stepsDone, Pace pace) {
    return stepsDone >= Math.max(1, pace.stepAt(from));
  }
}
