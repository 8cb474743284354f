package io.holdfast.attack.blackbox.decision;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Walks against a rule instead of a model, one sample at a time: obvious, and no kernel rounds. */
final class Oracle {
  private Oracle() {}

  /** A half space {@code w x > b} reaches the goal. */
  record Plane(List<Double> w, double b) implements Predicate<float[]> {
    @Override
    public boolean test(float[] x) {
      double sum = -b;
      for (int i = 0; i < x.length; i++) {
        sum += w.get(i) * x[i];
      }
      return sum > 0;
    }

    /** How far it is from the middle of the domain, where all values are 0.5; never clipped. */
    double distance(Norm norm) {
      double[] absolute = w.stream().mapToDouble(Math::abs).toArray();
      double gap = b - w.stream().mapToDouble(v -> v / 2).sum();
      return switch (norm) {
        case LINF -> gap / Arrays.stream(absolute).sum();
        case L2 -> gap / Math.sqrt(Arrays.stream(absolute).map(v -> v * v).sum());
        default -> gap / Arrays.stream(absolute).max().orElseThrow();
      };
    }
  }

  static float[] middle(int size) {
    float[] clean = new float[size];
    Arrays.fill(clean, 0.5f);
    return clean;
  }

  static Space space(Norm norm, int channels, int height, int width) {
    return new Space(channels, height, width, norm, Domain.UNIT);
  }

  static Walk walk(
      DecisionAttack<?> attack, Space space, float[] clean, Seed seed, List<float[]> images) {
    Effort effort = attack.effort();
    Trails trails = new Trails(space, clean, effort.start(), false, seed, () -> images);
    return attack.walk(new Site(space, clean, seed, effort.queries(), 0, trails));
  }

  /** Walks to the end and checks what a walk asks on the way. */
  static Walk run(DecisionAttack<?> attack, Space space, Seed seed, Predicate<float[]> goal) {
    Walk walk = walk(attack, space, middle(space.size()), seed, List.of());
    run(walk, goal);
    return walk;
  }

  /** The number of queries that were asked. */
  static int run(Walk walk, Predicate<float[]> goal) {
    int asked = 0;
    try (Scope scope = Scope.open()) {
      walk.open();
      for (List<float[]> points = walk.questions(); !points.isEmpty(); points = walk.questions()) {
        boolean[] answers = new boolean[points.size()];
        for (int i = 0; i < answers.length; i++) {
          requireInside(points.get(i), walk.space.domain());
          answers[i] = goal.test(points.get(i));
        }
        asked += answers.length;
        walk.note(points, answers);
        walk.hear(answers);
      }
    }
    return asked;
  }

  private static void requireInside(float[] point, Domain domain) {
    for (float value : point) {
      if (!(value >= domain.low() && value <= domain.high())) {
        throw new AssertionError(value + " is outside the domain");
      }
    }
  }
}
