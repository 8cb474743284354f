package io.holdfast.attack.gradient;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;

/** What the parameters of gradient attacks must satisfy. */
final class GradientChecks {
  private GradientChecks() {}

  static void requirePositive(String attack, String field, int value) {
    if (value < 1) {
      throw new InvalidInputException(
          "attack " + attack, field, "a whole number of at least 1", Integer.toString(value));
    }
  }

  /** Attacks know labels, not clean probabilities. */
  static void requireLabelLoss(String attack, Losses loss) {
    if (!Losses.OF_LABELS.contains(loss)) {
      throw new InvalidInputException("attack " + attack, "loss", "ce, cw or dlr", loss.key());
    }
  }

  static void requireClasses(String attack, Loss loss, boolean targeted, int classes) {
    int least = loss.minClasses(targeted);
    if (classes < least) {
      throw new InvalidInputException(
          "attack " + attack,
          "loss",
          "a model of at least " + least + " classes for " + loss.key(),
          classes + " classes");
    }
  }
}
