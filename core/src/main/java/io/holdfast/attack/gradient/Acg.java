package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.List;

/**
 * Auto conjugate gradient: Auto-PGD's step lengths along conjugate directions, which wander further
 * than gradients do (Yamamura et al. 2022, algorithm 1). The first round starts in the middle of
 * ball and domain, as in the authors' program, in L2 at the clean input; later ones start at
 * random.
 *
 * @param steps at least 1
 * @param restarts rounds on samples that still stand, at least 1
 * @param rho share of steps that must raise the loss for the step length to stay, in [0, 1]
 * @param eot passes per step whose gradients are averaged, for models that draw random numbers
 * @param loss what is maximised, in the paper the margin
 */
public record Acg(int steps, int restarts, double rho, int eot, Losses loss)
    implements ListedAttack<Acg> {
  private static final List<String> SETS = List.of("linf", "l2");

  /** The registry's line. */
  public static final AttackSpec<Acg> SPEC =
      new AttackSpec<>(
          "acg",
          "conjugate gradient steps that choose their own length",
          SETS,
          "Yamamura et al. 2022, algorithm 1",
          standard(),
          List.of(
              Knobs.count("steps", "steps per round, at least 1", Acg::steps, Acg::steps),
              Knobs.restarts(Acg::restarts),
              Knobs.share(
                  "rho",
                  "share of rising steps that keeps their length",
                  Acg::rho,
                  (a, rho) -> new Acg(a.steps, a.restarts, rho, a.eot, a.loss)),
              Knobs.count(
                  "eot",
                  "passes averaged per step, for random models",
                  Acg::eot,
                  (a, eot) -> new Acg(a.steps, a.restarts, a.rho, eot, a.loss)),
              Knobs.loss(Acg::loss, Acg::loss)));

  public Acg {
    GradientChecks.requirePositive("acg", "steps", steps);
    GradientChecks.requirePositive("acg", "restarts", restarts);
    GradientChecks.requirePositive("acg", "eot", eot);
    if (!(rho >= 0 && rho <= 1)) {
      throw new InvalidInputException(
          "attack acg", "rho", "a share in [0, 1]", Double.toString(rho));
    }
  }

  /** 100 steps on the margin, one round. */
  public static Acg standard() {
    return new Acg(100, 1, 0.75, 1, Losses.CW);
  }

  public Acg steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Acg restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  public Acg loss(Losses other) {
    return Records.with(this, "loss", other);
  }

  @Override
  public AttackSpec<Acg> spec() {
    return SPEC;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    GradientChecks.requireBalls(key(), threat, SETS);
    GradientChecks.requireClasses(key(), loss, threat.goal().targeted(), classes);
  }

  @Override
  public int publishedClasses(ThreatModel threat) {
    return loss.publishedClasses(threat.goal().targeted());
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Additive ball = (Additive) task.threat().set();
    Tensor start = start(task, ball); // [n, ...]
    Stride lengths =
        new HalvingStride(
            ball.norm(), task.size(), () -> new Halving(steps, rho, 2 * ball.epsilon()));
    Stride stride = new ConjugateStride(lengths, start);
    return new AutoAscent(task, task.region(), start, loss, eot, stride).climb(steps);
  }

  private Tensor start(AttackTask task, Additive ball) {
    if (task.round() > 0) {
      return Start.UNIFORM.of(task.region(), task.seeds());
    }
    if (loss.flatAtSource()) {
      return Start.SMALL_NORMAL.of(task.region(), task.seeds());
    }
    if (ball.norm() != Norm.LINF) {
      return task.region().origin();
    }
    Domain domain = task.threat().domain();
    Tensor clean = task.region().clean(); // [n, ...]
    Tensor low = clean.sub(ball.epsilon()).clampInPlace(domain.low(), domain.high());
    Tensor high = clean.add(ball.epsilon()).clampInPlace(domain.low(), domain.high());
    return low.addInPlace(high).mulInPlace(0.5); // [n, ...]
  }
}
