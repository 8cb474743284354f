package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * NewtonFool (Jang et al. 2017, algorithm 1): gradient steps that lower the softmax probability of
 * the label, each by the least of what a step of {@code stride} times the length of the input gains
 * to first order and what brings the probability to {@code 1 / K}. Towards a wanted class, which
 * the paper does not have, its probability is raised towards 1 likewise.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param stride longest step as a part of the clean input's length, in [0, 10]
 */
public record NewtonFool(int steps, double stride) implements MinimalAttack<NewtonFool> {
  private static final double LONGEST = 10;
  private static final double TINY = 1e-30;

  /** The registry's line. */
  public static final AttackSpec<NewtonFool> SPEC =
      new AttackSpec<>(
          "newtonfool",
          "Newton steps on the softmax probability of the label",
          List.of("l2"),
          "Jang et al. 2017, algorithm 1",
          new NewtonFool(100, 0.01),
          List.of(
              Knobs.steps(NewtonFool::steps, NewtonFool::steps),
              Knobs.number(
                  "stride",
                  "longest step over the clean input's length",
                  0,
                  LONGEST,
                  NewtonFool::stride,
                  NewtonFool::stride)));

  public NewtonFool {
    new Demands("newtonfool").count("steps", steps).within("stride", stride, 0, LONGEST).require();
  }

  public NewtonFool steps(int number) {
    return new NewtonFool(number, stride);
  }

  public NewtonFool stride(double part) {
    return new NewtonFool(steps, part);
  }

  @Override
  public AttackSpec<NewtonFool> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    double goal = task.threat().goal().targeted() ? 1 : -1.0 / task.classes();
    return trail.follow(
        steps,
        Probability.LOSS,
        (k, slope) -> {
          Tensor value =
              Probability.LOSS
                  .value(slope.look().logits(), task.reference())
                  .unsqueeze(1); // [n, 1]
          Tensor missing = value.neg().addInPlace(goal); // [n, 1]
          Tensor steepness = Norm.L2.lengths(slope.gradient()).clampMin(TINY); // [n, 1]
          Tensor longest = Norm.L2.lengths(trail.clean()).mulInPlace(stride); // [n, 1]
          Tensor length = missing.div(steepness).minimum(longest); // [n, 1]
          return slope.look().change().add(slope.gradient().div(steepness).mul(length));
        });
  }
}
