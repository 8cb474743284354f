package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * The attack by saliency maps of the Jacobian (JSMA, Papernot et al. 2016, algorithm 3): step by
 * step two values change that together raise the target's logit and lower the largest other one the
 * most, by as much as they can still move. The paper's map lowers the sum of all others and takes
 * every value to move as far as the next (equation 8): it turns down pairs that raise a logit which
 * plays no part, and takes values that are nearly at their limit. ART leaves the others out and
 * finds more than the paper's map does; this one needs fewer values than both. The slopes are those
 * of the logits, as in the paper's section IV.A.
 *
 * <p>Without a target it is the maximal attack (Wiyatno and Xu 2018, algorithm 1): pairs and
 * directions are compared over all classes, whose logits are raised against the label's. A value
 * that has reached a face of the box, or that would go back on its last step, does not change any
 * more; one that cannot move in a direction is no candidate for it.
 *
 * @param theta by what a value changes, in widths of the box, in [-1, 1] and not 0; below 0, values
 *     become smaller on the way to a target. Without a target its sign plays no part
 * @param gamma which part of the values may change at most, in [0, 1]
 */
public record Jsma(double theta, double gamma) implements MinimalAttack<Jsma> {
  /** The registry's line. */
  public static final AttackSpec<Jsma> SPEC =
      new AttackSpec<>(
          "jsma",
          "few changed values, in pairs by a saliency map of the Jacobian",
          List.of("l0"),
          "Papernot et al. 2016, algorithm 3; Wiyatno and Xu 2018, algorithm 1",
          new Jsma(1, 0.145),
          List.of(
              Knobs.number(
                  "theta",
                  "by what a value changes, in widths of the box, not 0",
                  -1,
                  1,
                  Jsma::theta,
                  Jsma::theta),
              Knobs.share(
                  "gamma", "which part of the values may change", Jsma::gamma, Jsma::gamma)));

  public Jsma {
    new Demands("jsma")
        .within("theta", theta, -1, 1)
        .other("theta", theta != 0, "a number that is not 0", theta)
        .within("gamma", gamma, 0, 1)
        .require();
  }

  public Jsma theta(double change) {
    return new Jsma(change, gamma);
  }

  public Jsma gamma(double part) {
    return new Jsma(theta, part);
  }

  @Override
  public AttackSpec<Jsma> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    int pairs = (int) Math.max(1, Math.floor(gamma * trail.dimensions() / 2));
    new SaliencyWalk(trail, theta, task.threat().goal().targeted()).run(pairs);
    return trail.end();
  }
}
