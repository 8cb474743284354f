package io.holdfast.attack.gradient;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Losses;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;

/**
 * One steepest step of length epsilon from the clean input: the fast gradient sign method in the
 * L-infinity ball (Goodfellow et al. 2015, section 4), its counterparts in the others.
 *
 * @param loss what is maximised: {@code ce}, {@code cw} or {@code dlr}
 */
public record Fgsm(Losses loss) implements Attack {
  public Fgsm {
    GradientChecks.requireLabelLoss("fgsm", loss);
  }

  /** With cross-entropy. */
  public static Fgsm standard() {
    return new Fgsm(Losses.CE);
  }

  @Override
  public String name() {
    return "fgsm";
  }

  @Override
  public String key() {
    return loss == Losses.CE ? "fgsm" : "fgsm[loss=" + loss.key() + "]";
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
    Tensor x = task.region().origin(); // [n, ...]
    try (Scope step = Scope.open()) {
      task.region().step(x, task.ascend(x, loss, 1).gradient(), 1);
    }
    return x;
  }
}
