package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.Targeting;
import io.holdfast.common.Records;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;

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
 * @param loss what is maximised
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
    implements GradientAttack<Pgd> {

  /** The settings that have nothing to do with the number and length of steps. */
  static final List<Knob<Pgd>> ROUNDS =
      List.of(
          Knobs.restarts(Pgd::restarts),
          Knobs.flag(
              "random_start",
              "whether rounds start at random in the set",
              Pgd::randomStart,
              Pgd::randomStart),
          Knobs.loss(Pgd::loss, Pgd::loss),
          Knobs.choice(
              "targets",
              "classes steered to: goal, all or least-likely",
              Pgd::targeting,
              Pgd::targeting),
          Knobs.count("eot", "passes averaged per step, for random models", Pgd::eot, Pgd::eot),
          Knobs.choice("track", "which iterates count: any or last", Pgd::track, Pgd::track));

  /** The registry's line. */
  public static final AttackSpec<Pgd> SPEC =
      new AttackSpec<>(
          "pgd",
          "projected steepest steps from a random point of the set",
          AttackSpec.WITH_GRADIENTS,
          "Madry et al. 2018, section 2.1",
          steps(10),
          knobs());

  private static List<Knob<Pgd>> knobs() {
    List<Knob<Pgd>> all = new ArrayList<>();
    all.add(Knobs.steps(Pgd::steps, Pgd::withSteps));
    all.add(ROUNDS.get(0)); // restarts
    all.add(Knobs.standardStep(Pgd::stepSize, Pgd::stepSize));
    all.addAll(ROUNDS.subList(1, ROUNDS.size()));
    return all;
  }

  /** Which iterates count. */
  public enum Track {
    ANY,
    LAST
  }

  public Pgd {
    GradientChecks.requirePositive("pgd", "steps", steps);
    GradientChecks.requirePositive("pgd", "restarts", restarts);
    GradientChecks.requirePositive("pgd", "eot", eot);
  }

  /** Cross-entropy, one random start, steps of {@link StepSize#standard}. */
  public static Pgd steps(int steps) {
    GradientChecks.requirePositive("pgd", "steps", steps);
    StepSize size = StepSize.standard(steps);
    return new Pgd(steps, size, 1, true, Losses.CE, Targeting.GOAL, 1, Track.ANY);
  }

  /** Another number of steps of this length. */
  Pgd steps(int number, StepSize size) {
    return new Pgd(number, size, restarts, randomStart, loss, targeting, eot, track);
  }

  /** Another number of steps; a standard length follows it. */
  private Pgd withSteps(int number) {
    return steps(number, stepSize.following(steps, number));
  }

  public Pgd stepSize(double absolute) {
    return stepSize(StepSize.absolute(absolute));
  }

  public Pgd stepSize(StepSize size) {
    return Records.with(this, "stepSize", size);
  }

  public Pgd restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  public Pgd randomStart(boolean random) {
    return Records.with(this, "randomStart", random);
  }

  public Pgd loss(Losses newLoss) {
    return Records.with(this, "loss", newLoss);
  }

  public Pgd targeting(Targeting newTargeting) {
    return Records.with(this, "targeting", newTargeting);
  }

  public Pgd eot(int passes) {
    return Records.with(this, "eot", passes);
  }

  public Pgd track(Track which) {
    return Records.with(this, "track", which);
  }

  /**
   * The same search as the inner maximisation of training.
   *
   * @param nominal the threat model at full strength, to which an absolute step size refers
   */
  public InnerMaximiser inner(ThreatModel nominal) {
    return InnerMaximiser.of(steps, stepSize, nominal, start())
        .following(stepSize.equals(StepSize.standard(steps)));
  }

  @Override
  public AttackSpec<Pgd> spec() {
    return SPEC;
  }

  @Override
  public Ascent ascent() {
    return new Ascent(steps, stepSize, start(), loss, eot, track);
  }

  private Start start() {
    return randomStart ? Start.UNIFORM : Start.CLEAN;
  }
}
