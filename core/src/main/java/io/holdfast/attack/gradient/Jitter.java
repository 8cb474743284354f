package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.StepSize;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import java.util.List;

/**
 * Jitter: PGD on the distance of rescaled and noisy probabilities from the one-hot label, which
 * steers towards more classes than cross-entropy does (Schwinn et al. 2021, section 3). The paper
 * divides the loss of samples that are misclassified already by the size of their perturbation;
 * here those have fallen and take no more steps.
 *
 * @param steps at least 1
 * @param stepSize length of a step
 * @param restarts rounds on samples that still stand, at least 1
 * @param scale of logits over their largest absolute value, above 0
 * @param noise standard deviation of the noise on the probabilities, at least 0
 */
public record Jitter(int steps, StepSize stepSize, int restarts, double scale, double noise)
    implements GradientAttack<Jitter> {
  /** The registry's line. */
  public static final AttackSpec<Jitter> SPEC =
      new AttackSpec<>(
          "jitter",
          "PGD on the distance of rescaled, noisy probabilities from the label",
          AttackSpec.BALLS,
          "Schwinn et al. 2021, section 3",
          standard(),
          List.of(
              Knobs.count("steps", "steps per round, at least 1", Jitter::steps, Jitter::withSteps),
              Knobs.restarts(Jitter::restarts),
              Knobs.standardStep(Jitter::stepSize, Jitter::stepSize),
              Knobs.number(
                  "scale",
                  "largest absolute logit after rescaling",
                  1e-3,
                  1e6,
                  Jitter::scale,
                  (a, scale) -> new Jitter(a.steps, a.stepSize, a.restarts, scale, a.noise)),
              Knobs.number(
                  "noise",
                  "standard deviation of the noise on probabilities",
                  0,
                  100,
                  Jitter::noise,
                  (a, noise) -> new Jitter(a.steps, a.stepSize, a.restarts, a.scale, noise))));

  public Jitter {
    GradientChecks.requirePositive("jitter", "steps", steps);
    GradientChecks.requirePositive("jitter", "restarts", restarts);
    if (!(scale > 0 && noise >= 0) || Double.isInfinite(scale + noise)) {
      throw new InvalidInputException(
          "attack jitter", "scale", "scale above 0 and noise of at least 0", scale + ", " + noise);
    }
  }

  /** Ten steps, scale 10, noise 0.1. */
  public static Jitter standard() {
    return new Jitter(10, StepSize.standard(10), 1, 10, 0.1);
  }

  private Jitter withSteps(int number) {
    return new Jitter(number, stepSize.following(steps, number), restarts, scale, noise);
  }

  private Jitter stepSize(StepSize size) {
    return Records.with(this, "stepSize", size);
  }

  public Jitter restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<Jitter> spec() {
    return SPEC;
  }

  @Override
  public Ascent ascent() {
    JitterLoss loss = new JitterLoss(scale, noise, null);
    return new Ascent(steps, stepSize, Start.UNIFORM, loss, 1, Pgd.Track.ANY);
  }
}
