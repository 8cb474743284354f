package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import java.util.List;

/**
 * R-FGSM: from a random point of the set one steepest step, projected (Wong et al. 2020, algorithm
 * 3; the random start is that of Tramèr et al. 2018, section 3.3, but uniform).
 *
 * @param stepSize length of the step, by default 1.25 epsilon
 * @param restarts rounds on samples that still stand, at least 1
 * @param loss what is maximised
 */
public record RandomFgsm(StepSize stepSize, int restarts, Losses loss)
    implements GradientAttack<RandomFgsm> {
  /** The default step. */
  public static final StepSize STEP = StepSize.relative(1.25);

  /** The registry's line. */
  public static final AttackSpec<RandomFgsm> SPEC =
      new AttackSpec<>(
          "r-fgsm",
          "one steepest step from a random point of the set",
          AttackSpec.BALLS,
          "Wong et al. 2020, algorithm 3; Tramèr et al. 2018, section 3.3",
          standard(),
          List.of(
              Knobs.restarts((a, n) -> new RandomFgsm(a.stepSize, n, a.loss)),
              Knobs.step(
                  STEP,
                  RandomFgsm::stepSize,
                  (a, size) -> new RandomFgsm(size, a.restarts, a.loss)),
              Knobs.loss(
                  RandomFgsm::loss, (a, loss) -> new RandomFgsm(a.stepSize, a.restarts, loss))));

  public RandomFgsm {
    GradientChecks.requirePositive("r-fgsm", "restarts", restarts);
  }

  /** With cross-entropy and one start. */
  public static RandomFgsm standard() {
    return new RandomFgsm(STEP, 1, Losses.CE);
  }

  @Override
  public AttackSpec<RandomFgsm> spec() {
    return SPEC;
  }

  @Override
  public Ascent ascent() {
    return Ascent.once(stepSize, Start.UNIFORM, loss);
  }
}
