package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * FMN, the fast minimum-norm attack (Pintor et al. 2021, algorithm 1): gradient steps on the
 * difference of logits, each projected onto a ball that shrinks while the point is adversarial and
 * grows while it is not. As long as no adversarial point is known, the ball reaches to the boundary
 * of the linearised model (equation 5). Where a quarter of the steps has found none, as where the
 * box stops values from moving, or rounding a point from crossing, it also grows at every step. In
 * L0 it begins at one component and always grows, and a point goes to the nearest one in ball and
 * box together: in ball and then box, as the paper has it, values that the box does not let move
 * take the places of others. In L2 a point goes to the surface of the ball, as in adv-lib's
 * version, where it finds the boundary sooner than inside. The length of a step falls along a
 * cosine to its hundredth, the part by which the ball changes to {@link #LAST_PART}.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param stride L2 length of the first step, above 0 and at most 1e6
 * @param gamma by which part the ball changes at first, in [0, 1]
 */
public record Fmn(int steps, double stride, double gamma) implements MinimalAttack<Fmn> {
  private static final double LAST_STEP = 0.01;
  private static final double LAST_PART = 0.001;
  private static final double TINY = 1e-12;
  private static final double LONGEST = 1e6;

  /** The registry's line. */
  public static final AttackSpec<Fmn> SPEC =
      new AttackSpec<>(
          "fmn",
          "the smallest change, by steps inside a ball that follows the boundary",
          List.of("linf", "l2", "l1", "l0"),
          "Pintor et al. 2021, algorithm 1",
          new Fmn(100, 1, 0.05),
          List.of(
              Knobs.steps(Fmn::steps, Fmn::steps),
              Knobs.number(
                  "stride", "L2 length of the first step", TINY, LONGEST, Fmn::stride, Fmn::stride),
              Knobs.share(
                  "gamma", "by which part the ball changes at first", Fmn::gamma, Fmn::gamma)));

  public Fmn {
    new Demands("fmn")
        .count("steps", steps)
        .within("stride", stride, TINY, LONGEST)
        .within("gamma", gamma, 0, 1)
        .require();
  }

  public Fmn steps(int number) {
    return new Fmn(number, stride, gamma);
  }

  public Fmn stride(double first) {
    return new Fmn(steps, first, gamma);
  }

  public Fmn gamma(double first) {
    return new Fmn(steps, stride, first);
  }

  @Override
  public AttackSpec<Fmn> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    Norm norm = trail.norm();
    Rows limit = trail.remember(1, norm == Norm.L0 ? 1 : 0); // [n, 1]
    Rows longest = trail.remember(trail.longest()); // [n, 1]
    Cosine length = new Cosine(stride, stride * LAST_STEP, steps);
    Cosine part = new Cosine(gamma, LAST_PART, steps);
    return trail.follow(
        steps,
        Losses.CW,
        (k, slope) -> {
          Tensor next =
              norm == Norm.L0
                  ? counted(trail, limit.get(), slope.look(), part.at(k))
                  : measured(trail, limit.get(), slope, part.at(k), k < steps / 4); // [n, 1]
          limit.set(next.minimum(longest.get()));
          Tensor step =
              Directions.unit(task, slope.gradient(), k).mulInPlace(length.at(k)); // [n, D]
          return sized(trail, step.addInPlace(slope.look().change()), limit.get());
        });
  }

  /** A change inside the ball, {@code [n, D]}; in L2 on its surface. */
  private static Tensor sized(Trail trail, Tensor change, Tensor limit) {
    Norm norm = trail.norm();
    return switch (norm) {
      case L2 -> change.mul(limit.div(norm.lengths(change).clampMin(TINY))); // [n, D]
      case L0 -> Shortening.counted(change, trail.inBox(change), limit); // [n, D]
      default -> Shortening.to(norm, change, limit); // [n, D]
    };
  }

  /** The next limit in a norm that has a dual, {@code [n, 1]}. */
  private static Tensor measured(
      Trail trail, Tensor limit, Slope slope, double part, boolean patient) {
    Look look = slope.look();
    Tensor steepness = Lengths.dual(trail.norm(), slope.gradient()).clampMin(TINY); // [n, 1]
    Tensor boundary = look.margin().abs().div(steepness).addInPlace(look.length()); // [n, 1]
    Tensor known = trail.shortest().isFinite(); // [n, 1]
    Tensor larger = limit.mul(1 + part); // [n, 1]
    Tensor beyond = patient ? boundary : boundary.maximum(larger); // [n, 1]
    Tensor outside = Tensors.where(known, larger, beyond); // [n, 1]
    Tensor inside = limit.mul(1 - part).minimum(trail.shortest()); // [n, 1]
    return Tensors.where(look.reached(), inside, outside);
  }

  /** The next limit in L0, {@code [n, 1]}: at least one component more or fewer. */
  private static Tensor counted(Trail trail, Tensor limit, Look look, double part) {
    Tensor fewer = limit.mul(1 - part).floor().minimum(limit.sub(1)); // [n, 1]
    Tensor more = limit.mul(1 + part).floor().maximum(limit.add(1)); // [n, 1]
    Tensor inside = fewer.minimum(trail.shortest()).clampMin(0); // [n, 1]
    return Tensors.where(look.reached(), inside, more);
  }
}
