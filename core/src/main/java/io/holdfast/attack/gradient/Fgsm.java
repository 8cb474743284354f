package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import java.util.List;

/**
 * One steepest step of length epsilon from the clean input: the fast gradient sign method in the
 * L-infinity ball (Goodfellow et al. 2015, section 4), its counterparts in the others.
 *
 * @param loss what is maximised
 */
public record Fgsm(Losses loss) implements GradientAttack<Fgsm> {
  /** The registry's line. */
  public static final AttackSpec<Fgsm> SPEC =
      new AttackSpec<>(
          "fgsm",
          "one steepest step of length epsilon from the clean input",
          AttackSpec.BALLS,
          "Goodfellow et al. 2015, section 4",
          standard(),
          List.of(Knobs.loss(Fgsm::loss, (a, loss) -> new Fgsm(loss))));

  /** With cross-entropy. */
  public static Fgsm standard() {
    return new Fgsm(Losses.CE);
  }

  @Override
  public AttackSpec<Fgsm> spec() {
    return SPEC;
  }

  @Override
  public Ascent ascent() {
    return Ascent.once(StepSize.relative(1), Start.CLEAN, loss);
  }
}
