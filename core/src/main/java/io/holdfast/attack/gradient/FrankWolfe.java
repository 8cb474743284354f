package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.List;

/**
 * Frank and Wolfe's method (Chen et al. 2020, algorithm 1; in the Wasserstein ball Wu et al. 2020,
 * algorithm 2): step t goes 2 / (t + 2) of the way to a target in the set, so that every point
 * between is in the set and the way itself is never projected. The target is one steepest step of
 * the whole radius from the clean input. In L-infinity, L1, {@code flow} and {@code recolour} that
 * is the point that raises the linearised loss most. In L2 it is the steepest point of the ball,
 * projected onto ball and box: where the box holds values back, another point may raise it more. In
 * {@code wasserstein} it is the best plan where no pixel fills up. Needs a set whose variables are
 * convex. A sample falls at any point of the way. Steps are 2 / (t + 2) of the way to the target,
 * as in Wu et al.; the program of Chen et al. takes targets in a ball of several radii, with small
 * steps of one length, and projects, so that its figures are of another search.
 *
 * @param steps at least 1
 * @param restarts rounds on samples that still stand, at least 1
 * @param randomStart whether the first slope is taken at random in the set; else at the clean input
 * @param loss what is maximised
 * @param eot passes per step whose gradients are averaged, for models that draw random numbers
 */
public record FrankWolfe(int steps, int restarts, boolean randomStart, Losses loss, int eot)
    implements ListedAttack<FrankWolfe> {
  private static final String NAME = "frank-wolfe";

  /** The registry's line. */
  public static final AttackSpec<FrankWolfe> SPEC =
      new AttackSpec<>(
          NAME,
          "steps towards the steepest point of the set for the linearised loss, never projected",
          List.of("wasserstein", "linf", "l2", "l1", "flow", "recolour"),
          "Wu et al. 2020, algorithm 2; Chen et al. 2020, algorithm 1",
          steps(40),
          List.of(
              Knobs.steps(FrankWolfe::steps, FrankWolfe::withSteps),
              Knobs.restarts(FrankWolfe::restarts),
              Knobs.flag(
                  "random_start",
                  "whether the first slope is taken at random in the set",
                  FrankWolfe::randomStart,
                  FrankWolfe::randomStart),
              Knobs.loss(FrankWolfe::loss, FrankWolfe::loss),
              Knobs.count(
                  "eot",
                  "passes averaged per step, for random models",
                  FrankWolfe::eot,
                  FrankWolfe::eot)));

  public FrankWolfe {
    GradientChecks.requirePositive(NAME, "steps", steps);
    GradientChecks.requirePositive(NAME, "restarts", restarts);
    GradientChecks.requirePositive(NAME, "eot", eot);
  }

  /** From the clean input, with cross-entropy. */
  public static FrankWolfe steps(int number) {
    return new FrankWolfe(number, 1, false, Losses.CE, 1);
  }

  private FrankWolfe withSteps(int number) {
    return Records.with(this, "steps", number);
  }

  public FrankWolfe restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  public FrankWolfe randomStart(boolean random) {
    return Records.with(this, "randomStart", random);
  }

  public FrankWolfe loss(Losses other) {
    return Records.with(this, "loss", other);
  }

  public FrankWolfe eot(int passes) {
    return Records.with(this, "eot", passes);
  }

  @Override
  public AttackSpec<FrankWolfe> spec() {
    return SPEC;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    GradientChecks.requireClasses(key(), loss, threat.goal().targeted(), classes);
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Start start = randomStart ? Start.UNIFORM : Start.CLEAN.suiting(loss);
    Tensor x = start.of(task.region(), task.seeds()); // [n, ...] variables
    for (int t = 0; t < steps && task.size() > 0 && task.queriesLeft() >= eot; t++) {
      try (Scope scope = Scope.open()) {
        InputGradients.Pass pass = task.ascend(x, loss, eot);
        AttackTask.Stay stay = task.settle(x, pass.logits());
        x = stay.moveUp(x);
        if (task.size() > 0) {
          Tensor furthest = task.region().origin(); // [n, ...]
          task.region().step(furthest, stay.of(pass.gradient()), 1);
          double part = 2.0 / (t + 2);
          x.mulInPlace(1 - part).addInPlace(furthest, part);
        }
      }
    }
    return x;
  }
}
