package io.holdfast.attack.gradient;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;

/**
 * R-FGSM: from a random point of the set one steepest step, projected (Wong et al. 2020, algorithm
 * 3; the random start is that of Tramèr et al. 2018, section 3.3, but uniform).
 *
 * @param stepSize length of the step, by default 1.25 epsilon
 * @param restarts rounds on samples that still stand, at least 1
 * @param loss what is maximised: {@code ce}, {@code cw} or {@code dlr}
 */
public record RandomFgsm(StepSize stepSize, int restarts, Losses loss) implements Attack {
  /** The default step. */
  public static final StepSize STEP = StepSize.relative(1.25);

  public RandomFgsm {
    GradientChecks.requirePositive("r-fgsm", "restarts", restarts);
    GradientChecks.requireLabelLoss("r-fgsm", loss);
  }

  /** With cross-entropy and one start. */
  public static RandomFgsm standard() {
    return new RandomFgsm(STEP, 1, Losses.CE);
  }

  @Override
  public String name() {
    return "r-fgsm";
  }

  @Override
  public String key() {
    return new Key("r-fgsm")
        .unless(restarts, 1, "restarts")
        .stepUnless(stepSize, STEP)
        .unless(loss, Losses.CE, "loss")
        .text();
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    GradientChecks.requireClasses(key(), loss, threat.goal().targeted(), classes);
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Tensor x = task.region().randomStart(task.seeds()); // [n, ...]
    try (Scope step = Scope.open()) {
      Tensor gradient = task.ascend(x, loss, 1).gradient(); // [n, ...]
      task.region().step(x, gradient, stepSize.fraction(task.threat()));
    }
    return x;
  }
}
