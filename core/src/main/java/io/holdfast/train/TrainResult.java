package io.holdfast.train;

import org.jspecify.annotations.Nullable;

/**
 * What training came to; the weights are in the job's network.
 *
 * @param steps taken in all, those before a resume included
 * @param epochs begun in all
 * @param stoppedEarly true when patience ran out, or remedies against catastrophic overfitting did
 * @param kept the validation of the weights that were kept, or null where nothing was validated
 */
public record TrainResult(long steps, int epochs, boolean stoppedEarly, @Nullable Validation kept) {

  /**
   * Figures at an epoch's end.
   *
   * @param epoch from 1
   * @param clean accuracy in [0, 1]
   * @param robust accuracy under the validation attack in [0, 1], or null without a threat model
   */
  public record Validation(int epoch, double clean, @Nullable Double robust) {
    /** What early stopping goes by: robust accuracy, or clean accuracy without a threat model. */
    double score() {
      return robust == null ? clean : robust;
    }
  }
}
