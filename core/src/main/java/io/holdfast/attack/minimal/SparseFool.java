package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * SparseFool (Modas et al. 2019, algorithms 1 and 2): DeepFool in L2 finds a point beyond the
 * boundary, whose tangent there is crossed by moving as few values as possible, each as far as the
 * box lets it; so on from there until the boundary itself is crossed.
 *
 * @param rounds at most, each a run of DeepFool and one gradient more, at least 1
 * @param steps of DeepFool at most, at least 1
 * @param lambda how far beyond DeepFool's point the tangent is moved, 1 for not at all, in [1, 100]
 * @param overshoot of DeepFool, in [0, 10]
 */
public record SparseFool(int rounds, int steps, double lambda, double overshoot)
    implements MinimalAttack<SparseFool> {
  private static final double FARTHEST = 100;
  private static final double LARGEST = 10;

  /** The registry's line. */
  public static final AttackSpec<SparseFool> SPEC =
      new AttackSpec<>(
          "sparsefool",
          "few changed values, by crossing tangents of the boundary that DeepFool finds",
          List.of("l1", "l0"),
          "Modas et al. 2019, algorithms 1 and 2",
          new SparseFool(20, 50, 3, 0.02),
          List.of(
              Knobs.count(
                  "rounds", "runs of DeepFool at most", SparseFool::rounds, SparseFool::rounds),
              Knobs.count(
                  "steps", "of DeepFool at most, at least 1", SparseFool::steps, SparseFool::steps),
              Knobs.number(
                  "lambda",
                  "how far beyond DeepFool's point the tangent is moved",
                  1,
                  FARTHEST,
                  SparseFool::lambda,
                  SparseFool::lambda),
              Knobs.number(
                  "overshoot",
                  "by which part DeepFool lengthens its steps",
                  0,
                  LARGEST,
                  SparseFool::overshoot,
                  SparseFool::overshoot)));

  public SparseFool {
    new Demands("sparsefool")
        .count("rounds", rounds)
        .count("steps", steps)
        .within("lambda", lambda, 1, FARTHEST)
        .within("overshoot", overshoot, 0, LARGEST)
        .require();
  }

  public SparseFool rounds(int number) {
    return Records.with(this, "rounds", number);
  }

  public SparseFool steps(int number) {
    return Records.with(this, "steps", number);
  }

  public SparseFool lambda(double factor) {
    return Records.with(this, "lambda", factor);
  }

  public SparseFool overshoot(double part) {
    return Records.with(this, "overshoot", part);
  }

  @Override
  public AttackSpec<SparseFool> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    Rows from = trail.remember(trail.clean()); // [n, D] where the round begins
    Crossing crossing = new Crossing(trail, Norm.L2, steps, overshoot);
    for (int round = 0; round < rounds && trail.goesOn(1); round++) {
      crossing.run(from, false);
      try (Scope step = Scope.open()) {
        Tensor moved = trail.point().sub(from.get()); // [n, D]
        trail.leave(Norm.LINF.lengths(moved).eq(0)); // had reached the goal, or cannot move
      }
      if (trail.goesOn(1)) {
        try (Scope step = Scope.open()) {
          Slope beyond = trail.look(Losses.CW); // at DeepFool's points
          if (!trail.isEmpty()) {
            cross(trail, from, beyond.gradient());
          }
        }
      }
    }
    return trail.end();
  }

  /** Onto the tangent at the trail's points, moving few values. */
  private void cross(Trail trail, Rows from, Tensor normal) {
    Tensor here = from.get(); // [n, D]
    Tensor way = trail.point().sub(here).mulInPlace(lambda).to(DType.FLOAT64); // [n, D]
    Tensor w = normal.to(DType.FLOAT64); // [n, D]
    Tensor value = way.mul(w).sumKeep(1).neg(); // [n, 1] of the tangent, where the round began
    Tensor change =
        Hyperplane.reach(Norm.L1, here.to(DType.FLOAT64), w, value, trail.domain()); // [n, D]
    from.set(here.add(change.to(DType.FLOAT32)));
    trail.goTo(from.get());
  }
}
