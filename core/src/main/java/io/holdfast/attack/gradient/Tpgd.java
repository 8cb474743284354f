package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import java.util.List;

/**
 * TPGD, the inner maximisation of TRADES as an attack: PGD on the divergence from the clean
 * prediction, whose slope at the clean input is 0, so that it starts at small normal noise (Zhang
 * et al. 2019, equation 5 and algorithm 1). It never looks at the label. Towards a target it is PGD
 * on cross-entropy from that start.
 *
 * @param steps at least 1
 * @param stepSize length of a step
 * @param restarts rounds on samples that still stand, at least 1
 */
public record Tpgd(int steps, StepSize stepSize, int restarts) implements GradientAttack<Tpgd> {
  /** The registry's line. */
  public static final AttackSpec<Tpgd> SPEC =
      new AttackSpec<>(
          "tpgd",
          "PGD on the divergence from the clean prediction, from small noise",
          AttackSpec.BALLS,
          "Zhang et al. 2019, equation 5 and algorithm 1",
          standard(),
          List.of(
              Knobs.count("steps", "steps per round, at least 1", Tpgd::steps, Tpgd::withSteps),
              Knobs.restarts((a, n) -> new Tpgd(a.steps, a.stepSize, n)),
              Knobs.standardStep(
                  Tpgd::stepSize, (a, size) -> new Tpgd(a.steps, size, a.restarts))));

  public Tpgd {
    GradientChecks.requirePositive("tpgd", "steps", steps);
    GradientChecks.requirePositive("tpgd", "restarts", restarts);
  }

  /** Ten steps of a quarter of epsilon. */
  public static Tpgd standard() {
    return new Tpgd(10, StepSize.standard(10), 1);
  }

  /** Another number of steps; a standard length follows it. */
  private Tpgd withSteps(int number) {
    return new Tpgd(number, stepSize.following(steps, number), restarts);
  }

  @Override
  public AttackSpec<Tpgd> spec() {
    return SPEC;
  }

  @Override
  public Ascent ascent() {
    return new Ascent(steps, stepSize, Start.SMALL_NORMAL, Losses.KL, 1, Pgd.Track.ANY);
  }
}
