package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * DeepFool (Moosavi-Dezfooli et al. 2016, algorithm 2; L-infinity: section 3.3): steps straight
 * onto the nearest boundary of the linearised model until one is crossed. What it finds is short,
 * not shortest: a cheap upper bound.
 *
 * <p>The sum of steps is lengthened by {@code overshoot} and clipped to the box at every step, as
 * the usual programs have it; the paper knows no box. All wrong classes are looked at. Towards a
 * wanted class, which the paper does not have, the boundary is the one around that class.
 *
 * @param steps at most, one gradient per class and two queries each, at least 1
 * @param overshoot by which part the sum of steps is lengthened, in [0, 10]
 */
public record DeepFool(int steps, double overshoot) implements MinimalAttack<DeepFool> {
  private static final double LARGEST = 10;

  /** The registry's line. */
  public static final AttackSpec<DeepFool> SPEC =
      new AttackSpec<>(
          "deepfool",
          "steps onto the nearest linearised boundary until one is crossed",
          List.of("linf", "l2"),
          "Moosavi-Dezfooli et al. 2016, algorithm 2 and section 3.3",
          new DeepFool(50, 0.02),
          List.of(
              Knobs.steps(DeepFool::steps, DeepFool::steps),
              Knobs.number(
                  "overshoot",
                  "by which part the sum of steps is lengthened",
                  0,
                  LARGEST,
                  DeepFool::overshoot,
                  DeepFool::overshoot)));

  public DeepFool {
    new Demands("deepfool")
        .count("steps", steps)
        .within("overshoot", overshoot, 0, LARGEST)
        .require();
  }

  public DeepFool steps(int number) {
    return new DeepFool(number, overshoot);
  }

  public DeepFool overshoot(double part) {
    return new DeepFool(steps, part);
  }

  @Override
  public AttackSpec<DeepFool> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    Rows clean = trail.remember(trail.clean()); // [n, D]
    new Crossing(trail, trail.norm(), steps, overshoot).run(clean, true);
    return trail.end();
  }

  /**
   * From a point of one sample over the nearest boundary, inside the box: the step that universal
   * perturbations are made of (Moosavi-Dezfooli et al. 2017, equation 1).
   *
   * @param part of a task, one sample
   * @param from {@code [1, ...]}
   * @param norm in which steps are short: {@link Norm#L2} or {@link Norm#LINF}
   * @return the way that was gone, {@code [1, ...]}: 0 for a point that is over it already, and for
   *     one from which it was not reached
   */
  public Tensor cross(AttackTask part, Tensor from, Norm norm) {
    Trail trail = new Trail(part);
    Rows start = trail.remember(from.reshape(1, -1)); // [1, D]
    trail.goTo(start.get());
    boolean over = new Crossing(trail, norm, steps, overshoot).run(start, false);
    over = over || (trail.goesOn(1) && trail.look().reached().all());
    return trail.inputs().sub(from).mul(over ? 1 : 0);
  }
}
