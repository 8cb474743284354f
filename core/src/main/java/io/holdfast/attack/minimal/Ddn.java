package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * DDN, decoupled direction and norm (Rony et al. 2019, algorithm 1): steps along the gradient of
 * the cross-entropy, each brought to a length that shrinks while the point is adversarial and grows
 * while it is not. The length of a step falls along a cosine from 1 to 0.01.
 *
 * <p>Where the gradient is 0 the step goes in a random direction, as in the authors' program.
 * Values are not rounded to 8 bits.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param gamma by which part the length changes, in [0, 1]
 * @param length of the change at the start, in [0, 1e6]
 */
public record Ddn(int steps, double gamma, double length) implements MinimalAttack<Ddn> {
  private static final double FIRST_STEP = 1;
  private static final double LAST_STEP = 0.01;
  private static final double LONGEST = 1e6;

  /** The registry's line. */
  public static final AttackSpec<Ddn> SPEC =
      new AttackSpec<>(
          "ddn",
          "the smallest change, its direction and its length decoupled",
          List.of("l2"),
          "Rony et al. 2019, algorithm 1",
          new Ddn(100, 0.05, 1),
          List.of(
              Knobs.steps(Ddn::steps, Ddn::steps),
              Knobs.share("gamma", "by which part the length changes", Ddn::gamma, Ddn::gamma),
              Knobs.number(
                  "length", "of the change at the start", 0, LONGEST, Ddn::length, Ddn::length)));

  public Ddn {
    new Demands("ddn")
        .count("steps", steps)
        .within("gamma", gamma, 0, 1)
        .within("length", length, 0, LONGEST)
        .require();
  }

  public Ddn steps(int number) {
    return new Ddn(number, gamma, length);
  }

  public Ddn gamma(double part) {
    return new Ddn(steps, part, length);
  }

  public Ddn length(double first) {
    return new Ddn(steps, gamma, first);
  }

  @Override
  public AttackSpec<Ddn> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    Rows radius = trail.remember(1, length); // [n, 1]
    Rows longest = trail.remember(trail.longest()); // [n, 1]
    Cosine stride = new Cosine(FIRST_STEP, LAST_STEP, steps);
    return trail.follow(
        steps,
        Losses.CE,
        (k, slope) -> {
          Tensor inside = slope.look().reached(); // [n, 1]
          Tensor now = radius.get(); // [n, 1]
          radius.set(
              now.mul(1 + gamma)
                  .add(now.mul(inside), -2 * gamma) // now * (1 - gamma) where reached
                  .minimum(longest.get()));
          Tensor step =
              Directions.unit(task, slope.gradient(), k).mulInPlace(stride.at(k)); // [n, D]
          Tensor change = step.addInPlace(slope.look().change()); // [n, D]
          Tensor length = Norm.L2.lengths(change).clampMin(Float.MIN_NORMAL); // [n, 1]
          return change.mul(radius.get().div(length));
        });
  }
}
