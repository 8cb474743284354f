package io.holdfast.attack.gradient;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.Targeting;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;

/**
 * Projected gradient descent (Madry et al. 2018, section 2.1): from a random point of the set,
 * {@code steps} steepest steps, each projected onto the set and the domain.
 *
 * <p>The result of a round is the last iterate, not the one of highest loss. With {@link Track#ANY}
 * a sample falls as soon as any iterate reaches the goal, which costs nothing, since the next
 * step's forward pass tells; it then stops spending gradients. With {@link Track#LAST} only the
 * last iterate counts, as in the usual libraries.
 *
 * @param steps at least 1
 * @param stepSize length of a step
 * @param restarts rounds on samples that still stand, at least 1
 * @param randomStart whether rounds begin at random in the set; else at the clean input
 * @param loss what is maximised: {@code ce}, {@code cw} or {@code dlr}
 * @param targeting which class each round steers towards
 * @param eot passes per step whose gradients are averaged, for models that draw random numbers
 * @param track which iterates count
 */
public record Pgd(
    int steps,
    StepSize stepSize,
    int restarts,
    boolean randomStart,
    Losses loss,
    Targeting targeting,
    int eot,
    Track track)
    implements Attack {

  /** Which iterates count. */
  public enum Track {
    ANY,
    LAST
  }

  public Pgd {
    GradientChecks.requirePositive("pgd", "steps", steps);
    GradientChecks.requirePositive("pgd", "restarts", restarts);
    GradientChecks.requirePositive("pgd", "eot", eot);
    GradientChecks.requireLabelLoss("pgd", loss);
  }

  /** Cross-entropy, one random start, steps of {@link StepSize#standard}. */
  public static Pgd steps(int steps) {
    GradientChecks.requirePositive("pgd", "steps", steps);
    StepSize size = StepSize.standard(steps);
    return new Pgd(steps, size, 1, true, Losses.CE, Targeting.GOAL, 1, Track.ANY);
  }

  public Pgd stepSize(double absolute) {
    return new Pgd(
        steps, StepSize.absolute(absolute), restarts, randomStart, loss, targeting, eot, track);
  }

  public Pgd stepSize(StepSize size) {
    return new Pgd(steps, size, restarts, randomStart, loss, targeting, eot, track);
  }

  public Pgd restarts(int number) {
    return new Pgd(steps, stepSize, number, randomStart, loss, targeting, eot, track);
  }

  public Pgd randomStart(boolean random) {
    return new Pgd(steps, stepSize, restarts, random, loss, targeting, eot, track);
  }

  public Pgd loss(Losses newLoss) {
    return new Pgd(steps, stepSize, restarts, randomStart, newLoss, targeting, eot, track);
  }

  public Pgd targeting(Targeting newTargeting) {
    return new Pgd(steps, stepSize, restarts, randomStart, loss, newTargeting, eot, track);
  }

  public Pgd eot(int passes) {
    return new Pgd(steps, stepSize, restarts, randomStart, loss, targeting, passes, track);
  }

  public Pgd track(Track which) {
    return new Pgd(steps, stepSize, restarts, randomStart, loss, targeting, eot, which);
  }

  /**
   * The same search as the inner maximisation of training.
   *
   * @param nominal the threat model at full strength, to which an absolute step size refers
   */
  public InnerMaximiser inner(ThreatModel nominal) {
    return new InnerMaximiser(
        steps,
        stepSize.fraction(nominal),
        randomStart ? InnerMaximiser.Start.UNIFORM : InnerMaximiser.Start.CLEAN);
  }

  @Override
  public String name() {
    return "pgd";
  }

  @Override
  public String key() {
    return new Key("pgd")
        .with("steps", steps)
        .unless(restarts, 1, "restarts")
        .stepUnless(stepSize, StepSize.standard(steps))
        .unless(randomStart, true, "random_start")
        .unless(loss, Losses.CE, "loss")
        .unless(targeting, Targeting.GOAL, "targets")
        .unless(eot, 1, "eot")
        .unless(track, Track.ANY, "track")
        .text();
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    boolean targeted = threat.goal().targeted() || targeting != Targeting.GOAL;
    GradientChecks.requireClasses(key(), loss, targeted, classes);
  }

  @Override
  public Tensor perturb(AttackTask task) {
    double fraction = stepSize.fraction(task.threat());
    Tensor x =
        randomStart ? task.region().randomStart(task.seeds()) : task.region().origin(); // [n, ...]
    for (int k = 0; k < steps && task.size() > 0 && task.queriesLeft() >= eot; k++) {
      try (Scope step = Scope.open()) {
        InputGradients.Pass pass = task.ascend(x, loss, eot);
        Tensor gradient = pass.gradient(); // [n, ...]
        if (track == Track.ANY) {
          AttackTask.Stay stay = task.settle(x, pass.logits());
          x = stay.moveUp(x);
          gradient = stay.of(gradient);
        }
        if (task.size() > 0) {
          task.region().step(x, gradient, fraction);
        }
      }
    }
    return x;
  }
}
