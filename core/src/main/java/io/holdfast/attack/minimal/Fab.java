package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Targeting;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;

/**
 * FAB, the fast adaptive boundary attack (Croce and Hein 2020, "Minimally distorted adversarial
 * examples with a fast adaptive boundary attack", algorithm 1): steps onto the linearised boundary
 * that is nearest, biased towards the clean input, and part of the way back once the point is
 * adversarial. It looks for the smallest perturbation and never asks how large epsilon is; a sample
 * falls as soon as a point inside the ball reaches the goal. Defaults are those of AutoAttack.
 *
 * <p>The first round begins at the clean input, each further restart at random half of epsilon away
 * from it. Points outside the ball never count, not even projected onto it, as in the original: of
 * samples that hold the clean input is what remains. The search is always in float32: in bfloat16
 * the differences of logits that say how far the boundary is are mostly rounding.
 *
 * @param kind whether all boundaries count or one after the other
 * @param steps at least 1
 * @param restarts rounds on samples that still stand, at least 1
 * @param alphaMax largest weight of the clean input's own step, in [0, 1]
 * @param eta length of steps as a multiple of the way to the boundary, in [1, 10]
 * @param beta part of the perturbation that is kept on the way back, in [0, 1]
 * @param targets of {@link Kind#TARGETED}: how many of the likeliest wrong classes are tried, at
 *     least 1; at most all
 */
public record Fab(
    Kind kind, int steps, int restarts, double alphaMax, double eta, double beta, int targets)
    implements MinimalAttack<Fab> {
  private static final double LONGEST = 10;

  /** The registry's line of {@link Kind#ALL}. */
  public static final AttackSpec<Fab> ALL =
      line(Kind.ALL, "the smallest perturbation, by steps onto the nearest linearised boundary");

  /** The registry's line of {@link Kind#TARGETED}. */
  public static final AttackSpec<Fab> TARGETED =
      line(
          Kind.TARGETED,
          "the smallest perturbation, towards each of the likeliest wrong classes in turn");

  /** Which boundaries a step looks at. */
  public enum Kind {
    /** Those with every other class, at one gradient each. */
    ALL,
    /** That with one class per round: the likeliest wrong classes in turn. */
    TARGETED
  }

  public Fab {
    new Demands(name(kind))
        .count("steps", steps)
        .count("restarts", restarts)
        .count("targets", targets)
        .within("alpha_max", alphaMax, 0, 1)
        .within("eta", eta, 1, LONGEST)
        .within("beta", beta, 0, 1)
        .require();
  }

  private static String name(Kind kind) {
    return kind == Kind.ALL ? "fab" : "fab-t";
  }

  /** With AutoAttack's defaults. */
  public static Fab of(Kind kind) {
    return new Fab(kind, 100, 1, 0.1, 1.05, 0.9, 9);
  }

  private static AttackSpec<Fab> line(Kind kind, String summary) {
    List<Knob<Fab>> knobs = new ArrayList<>();
    knobs.add(Knobs.count("steps", "steps per round, at least 1", Fab::steps, Fab::steps));
    knobs.add(Knobs.restarts(Fab::restarts));
    knobs.add(
        Knobs.share(
            "alpha_max",
            "largest weight of the clean input's own step",
            Fab::alphaMax,
            Fab::alphaMax));
    knobs.add(
        Knobs.number(
            "eta", "length of steps over the way to the boundary", 1, LONGEST, Fab::eta, Fab::eta));
    knobs.add(
        Knobs.share("beta", "part of the perturbation kept on the way back", Fab::beta, Fab::beta));
    if (kind == Kind.TARGETED) {
      knobs.add(
          Knobs.count(
              "targets",
              "how many of the likeliest wrong classes are tried, at least 1",
              Fab::targets,
              Fab::targets));
    }
    return new AttackSpec<>(
        name(kind),
        summary,
        AttackSpec.BALLS,
        "Croce and Hein 2020 (FAB), algorithm 1",
        of(kind),
        knobs);
  }

  public Fab steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Fab restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  public Fab alphaMax(double weight) {
    return Records.with(this, "alphaMax", weight);
  }

  public Fab eta(double length) {
    return Records.with(this, "eta", length);
  }

  public Fab beta(double part) {
    return Records.with(this, "beta", part);
  }

  public Fab targets(int classes) {
    return Records.with(this, "targets", classes);
  }

  @Override
  public AttackSpec<Fab> spec() {
    return kind == Kind.ALL ? ALL : TARGETED;
  }

  @Override
  public boolean givesBackClean() {
    return true;
  }

  @Override
  public Targeting targeting() {
    return kind == Kind.ALL ? Targeting.GOAL : Targeting.ALL;
  }

  @Override
  public int mostTargets(ThreatModel threat) {
    return targets;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    boolean oneGoal = kind == Kind.ALL || task.threat().goal().targeted();
    int rounds = oneGoal ? 1 : Math.min(targets, task.classes() - 1);
    return new BoundaryWalk(task, this, task.round() < rounds).walk();
  }
}
