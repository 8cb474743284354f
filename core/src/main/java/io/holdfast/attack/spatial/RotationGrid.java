package io.holdfast.attack.spatial;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.RotationTranslation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Every rotation of a grid with every shift of a grid (Engstrom et al. 2019, section 3, "grid
 * search"): for these few parameters stronger than following gradients. The nearest to no change at
 * all come first, so that samples fall to small ones.
 *
 * @param angles from the largest to the left to the largest to the right, at least 1
 * @param shifts in each of the two directions, at least 1
 */
public record RotationGrid(int angles, int shifts) implements ListedAttack<RotationGrid> {
  /** The registry's line. */
  public static final AttackSpec<RotationGrid> SPEC =
      new AttackSpec<>(
          "rotation-grid",
          "every rotation and shift of a grid, small ones first",
          List.of(RotationTranslation.NAME),
          "Engstrom et al. 2019, section 3",
          standard(),
          List.of(
              Knobs.count(
                  "angles",
                  "rotations from end to end, at least 1",
                  RotationGrid::angles,
                  (a, n) -> new RotationGrid(n, a.shifts)),
              Knobs.count(
                  "shifts",
                  "shifts in each direction from end to end, at least 1",
                  RotationGrid::shifts,
                  (a, n) -> new RotationGrid(a.angles, n))));

  public RotationGrid {
    if (angles < 1 || shifts < 1) {
      throw new InvalidInputException(
          "attack rotation-grid",
          angles < 1 ? "angles" : "shifts",
          "a whole number of at least 1",
          Integer.toString(Math.min(angles, shifts)));
    }
  }

  /** The paper's 31 rotations with 5 x 5 shifts. */
  public static RotationGrid standard() {
    return new RotationGrid(31, 5);
  }

  @Override
  public AttackSpec<RotationGrid> spec() {
    return SPEC;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.SCORE;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Tensor best = task.region().origin(); // [n, 3]
    double[] highest = new double[task.size()]; // [n]
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
    for (double[] point : points((RotationTranslation) task.threat().set())) {
      if (task.size() == 0 || task.queriesLeft() < 1) {
        break;
      }
      try (Scope scope = Scope.open()) {
        Tensor theta = Tensors.zerosLike(best); // [n, 3]
        for (int p = 0; p < point.length; p++) {
          theta.select(1, p).fillInPlace(point[p]);
        }
        Tensor logits = task.logits(theta); // [n, K]
        double[] losses = Losses.CW.value(logits, task.reference()).toDoubles(); // [n]
        for (int i = 0; i < losses.length; i++) {
          if (losses[i] > highest[i]) {
            highest[i] = losses[i];
            best.select(0, i).copyFrom(theta.select(0, i));
          }
        }
        AttackTask.Stay stay = task.settle(theta, logits);
        best = stay.moveUp(best);
        highest = stay.of(highest);
      }
    }
    return best;
  }

  /** Angle, shift right and shift down, those of the smallest parts of their bounds first. */
  private List<double[]> points(RotationTranslation set) {
    List<double[]> all = new ArrayList<>();
    for (double angle : ends(angles)) {
      for (double right : ends(shifts)) {
        for (double down : ends(shifts)) {
          all.add(new double[] {angle, right, down});
        }
      }
    }
    all.sort(Comparator.comparingDouble(p -> Arrays.stream(p).map(v -> v * v).sum()));
    all.forEach(
        p -> {
          p[0] *= set.degrees();
          p[1] *= set.shift();
          p[2] *= set.shift();
        });
    return all;
  }

  /** Even steps from -1 to 1; 0 where there is but one. */
  private static double[] ends(int count) {
    double[] values = new double[count];
    Arrays.setAll(values, i -> count == 1 ? 0 : -1 + 2.0 * i / (count - 1));
    return values;
  }
}
