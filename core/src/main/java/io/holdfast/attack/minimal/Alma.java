package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.OptionalDouble;

/**
 * ALMA (Rony et al. 2021, "Augmented Lagrangian adversarial attacks", algorithm 2): one run of
 * gradient steps on the distance plus a penalty for what is missing of the margin, whose multiplier
 * and weight follow each sample's progress, instead of the many runs with fixed weights of {@link
 * Cw}. The paper's other distances (structural similarity, colour difference, a network's features)
 * are no norms and have no ball here.
 *
 * <p>What must be at most 0 is the difference of logits ratio, with a minus and a little added.
 * Steps are RMSprop's with momentum; the first one is as long as {@code first}, later ones fall to
 * a hundredth once an adversarial point is known. In L1, unlike the paper, a value whose step would
 * pass 0 stops there: else values next to 0 go to and fro over it, none is ever 0, and rounding
 * decides where the search ends.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param first distance of the first step, above 0; by default {@value #FIRST_L2} in L2 and {@value
 *     #FIRST_L1} in L1
 * @param smoothing of multiplier, slopes and steps, in [0, 0.999]; the paper has 0.5 for 100 steps
 *     and 0.9 for 1,000
 * @param progress to which part of itself what is missing must fall within {@code period} steps, or
 *     its weight grows, in [0, 1]
 * @param growth of that weight, in [1, 100]
 * @param period steps between two looks at the progress, at least 1
 */
public record Alma(
    int steps, OptionalDouble first, double smoothing, double progress, double growth, int period)
    implements MinimalAttack<Alma> {
  private static final double FIRST_L2 = 0.1;
  private static final double FIRST_L1 = 0.5;
  private static final double SMOOTHEST = 0.999;
  private static final double FASTEST = 100;

  /** The registry's line. */
  public static final AttackSpec<Alma> SPEC =
      new AttackSpec<>(
          "alma",
          "the smallest change, by an augmented Lagrangian",
          List.of("l2", "l1"),
          "Rony et al. 2021, algorithm 2",
          new Alma(1000, OptionalDouble.empty(), 0.9, 0.95, 1.2, 10),
          List.of(
              Knobs.steps(Alma::steps, Alma::steps),
              Knobs.ownNumber(
                  "first",
                  FIRST_L2 + ", in L1 " + FIRST_L1,
                  List.of(FIRST_L2, FIRST_L1),
                  "distance of the first step",
                  Alma::first,
                  Alma::first),
              Knobs.number(
                  "smoothing",
                  "of multiplier, slopes and steps",
                  0,
                  SMOOTHEST,
                  Alma::smoothing,
                  Alma::smoothing),
              Knobs.share(
                  "progress",
                  "to which part of itself what is missing must fall in a period",
                  Alma::progress,
                  Alma::progress),
              Knobs.number(
                  "growth",
                  "of the weight where it does not",
                  1,
                  FASTEST,
                  Alma::growth,
                  Alma::growth),
              Knobs.count(
                  "period", "steps between two looks at that", Alma::period, Alma::period)));

  public Alma {
    new Demands("alma")
        .count("steps", steps)
        .within("first", first.orElse(1), Double.MIN_VALUE, Double.MAX_VALUE)
        .within("smoothing", smoothing, 0, SMOOTHEST)
        .within("progress", progress, 0, 1)
        .within("growth", growth, 1, FASTEST)
        .count("period", period)
        .require();
  }

  public Alma steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Alma first(double distance) {
    return Records.with(this, "first", OptionalDouble.of(distance));
  }

  public Alma smoothing(double part) {
    return Records.with(this, "smoothing", part);
  }

  public Alma progress(double part) {
    return Records.with(this, "progress", part);
  }

  public Alma growth(double factor) {
    return Records.with(this, "growth", factor);
  }

  public Alma period(int number) {
    return Records.with(this, "period", number);
  }

  @Override
  public AttackSpec<Alma> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    double begin = first.orElse(trail.norm() == Norm.L2 ? FIRST_L2 : FIRST_L1);
    return trail.follow(steps, RelativeMargin.LOSS, new Augmented(trail, this, begin));
  }
}
