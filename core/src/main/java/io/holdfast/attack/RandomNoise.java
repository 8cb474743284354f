package io.holdfast.attack;

import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.Locale;

/**
 * Random points of the threat model: the baseline that every attack must beat. A model that falls
 * to it needs no adversary. It asks nothing itself: the driver's verdict on a point is one query.
 *
 * @param kind how points are drawn
 * @param restarts points per sample, at least 1
 */
public record RandomNoise(Kind kind, int restarts) implements ListedAttack<RandomNoise> {
  /** The registry's line of uniform noise. */
  public static final AttackSpec<RandomNoise> UNIFORM =
      line(Kind.UNIFORM, "points drawn uniformly from the set", AttackSpec.EVERY_SET);

  /** The registry's line of normal noise. */
  public static final AttackSpec<RandomNoise> GAUSSIAN =
      line(Kind.GAUSSIAN, "normal noise, projected", AttackSpec.BALLS);

  /** How points are drawn. */
  public enum Kind {
    /** Uniformly in the set; for every kind of set. */
    UNIFORM,
    /**
     * Normal with mean 0, projected; balls only. The standard deviation is epsilon in the
     * L-infinity ball; in the others the expected length is epsilon.
     */
    GAUSSIAN
  }

  public RandomNoise {
    if (restarts < 1) {
      throw new InvalidInputException(
          "attack noise", "restarts", "a whole number of at least 1", "" + restarts);
    }
  }

  private static AttackSpec<RandomNoise> line(Kind kind, String what, List<String> sets) {
    return new AttackSpec<>(
        kind.name().toLowerCase(Locale.ROOT) + "-noise",
        what + ": the baseline that every attack must beat",
        sets,
        "",
        new RandomNoise(kind, 1),
        List.of(
            Knobs.count(
                "restarts",
                "points per sample, at least 1",
                RandomNoise::restarts,
                (a, n) -> new RandomNoise(a.kind, n))));
  }

  @Override
  public AttackSpec<RandomNoise> spec() {
    return kind == Kind.UNIFORM ? UNIFORM : GAUSSIAN;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.DECISION;
  }

  @Override
  public boolean steers() {
    return false;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    return kind == Kind.UNIFORM
        ? task.region().randomStart(task.seeds()) // [n, ...]
        : Starts.normal(task.region(), task.seeds(), deviation(task)); // [n, ...]
  }

  private static double deviation(AttackTask task) {
    try (Scope scope = Scope.open()) {
      double components = task.region().clean().select(0, 0).count();
      double epsilon = task.threat().epsilon();
      Norm norm = ((Additive) task.threat().set()).norm();
      return switch (norm) {
        case LINF -> epsilon;
        case L2 -> epsilon / Math.sqrt(components);
        default -> epsilon / (components * Math.sqrt(2 / Math.PI));
      };
    }
  }
}
