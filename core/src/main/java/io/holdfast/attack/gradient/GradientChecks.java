package io.holdfast.attack.gradient;

import io.holdfast.attack.Loss;
import io.holdfast.common.InvalidInputException;
import io.holdfast.threat.Additive;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;

/** What the parameters of gradient attacks must satisfy. */
final class GradientChecks {
  private GradientChecks() {}

  static void requirePositive(String attack, String field, int value) {
    if (value < 1) {
      throw new InvalidInputException(
          "attack " + attack, field, "a whole number of at least 1", Integer.toString(value));
    }
  }

  static void requireBalls(String attack, ThreatModel threat, List<String> norms) {
    for (PerturbationSet member : threat.set().members()) {
      if (!(member instanceof Additive ball && norms.contains(ball.norm().key()))) {
        String expected = "a threat model of " + String.join(", ", norms);
        throw new InvalidInputException("attack " + attack, "", expected, member.key());
      }
    }
  }

  /** For parts that work on pixels. */
  static void requireImages(String attack, long[] shape) {
    if (shape.length != 3) {
      throw new InvalidInputException(
          "attack " + attack,
          "",
          "a model of images [C, H, W]",
          "one of inputs " + Arrays.toString(shape));
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
