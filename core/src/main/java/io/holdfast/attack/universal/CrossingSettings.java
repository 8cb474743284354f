package io.holdfast.attack.universal;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.minimal.DeepFool;
import io.holdfast.common.InvalidInputException;
import java.util.List;

/**
 * How one perturbation for all is put together from the samples' own ways over their boundaries.
 *
 * @param rate part of the samples that ends it when fooled, in [0, 1]
 * @param walk how far one sample is followed in a pass
 */
public record CrossingSettings(double rate, DeepFool walk) {
  /** Of the program of Moosavi-Dezfooli et al. 2017: four of five fooled, ten steps. */
  public static final CrossingSettings USUAL = new CrossingSettings(0.8, new DeepFool(10, 0.02));

  private static final double LONGEST = 10;

  public CrossingSettings {
    if (!(rate >= 0 && rate <= 1)) {
      throw new InvalidInputException(
          "attack uap", "rate", "a part in [0, 1]", Double.toString(rate));
    }
  }

  static List<Knob<CrossingSettings>> knobs() {
    return List.of(
        Knobs.share(
            "rate",
            "part of the samples that ends deepfool when fooled",
            CrossingSettings::rate,
            (c, part) -> new CrossingSettings(part, c.walk)),
        Knobs.count(
            "crossing_steps",
            "most steps of deepfool for one sample in a pass, at least 1",
            c -> c.walk.steps(),
            (c, number) -> new CrossingSettings(c.rate, c.walk.steps(number))),
        Knobs.number(
            "overshoot",
            "by which part these steps are lengthened",
            0,
            LONGEST,
            c -> c.walk.overshoot(),
            (c, part) -> new CrossingSettings(c.rate, c.walk.overshoot(part))));
  }
}
