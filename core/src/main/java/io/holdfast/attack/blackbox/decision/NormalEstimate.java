package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The direction in which a boundary is crossed, from yes and no at random points around a point on
 * it (Chen et al. 2020, equations 10 to 12): the directions that reach the goal, less the share of
 * all directions that would by chance. Only sums are kept, so that any number of points costs the
 * memory of a few.
 */
final class NormalEstimate {
  private static final int VALUES = 1 << 16; // per step
  private static final int MOST = 8; // points per step: more would only fill the heap

  private final Space space;
  private final float[] at; // [D]
  private final double delta;
  private final Directions directions;
  private final Function<float[], Step> then;
  private final float[] reached; // [D], the sum of the directions that reach the goal
  private final float[] missed; // [D], of the others
  private int asked;
  private int hits;

  /**
   * @param at on the boundary, {@code [D]}
   * @param delta L2 distance of the random points before values are clipped
   * @param directions of any length
   * @param then goes on with the direction into the goal's side, of L2 length 1
   */
  NormalEstimate(
      Space space, float[] at, double delta, Directions directions, Function<float[], Step> then) {
    this.space = space;
    this.at = at;
    this.delta = delta;
    this.directions = directions;
    this.then = then;
    reached = new float[at.length];
    missed = new float[at.length];
  }

  /** Asks about {@code more} further points, some at a time. */
  Step ask(long more) {
    if (more <= 0) {
      return then.apply(direction());
    }
    int now = (int) Math.min(more, Math.max(1, Math.min(MOST, VALUES / at.length)));
    List<float[]> points = new ArrayList<>(now);
    for (int i = 0; i < now; i++) {
      points.add(near());
    }
    return new Step(
        points,
        answers -> {
          add(points, answers);
          return ask(more - now);
        });
  }

  private float[] near() {
    float[] u = directions.next();
    double length = Vectors.length(Norm.L2, u);
    space.along(at, u, length == 0 ? 0 : delta / length, u);
    return u;
  }

  /** Directions count as clipped; their common length does not matter. */
  private void add(List<float[]> points, boolean[] answers) {
    for (int i = 0; i < answers.length; i++) {
      Vectors.addDifference(answers[i] ? reached : missed, points.get(i), at);
      hits += answers[i] ? 1 : 0;
    }
    asked += answers.length;
  }

  /** Where all gave the same answer, towards them all, or away from them. */
  private float[] direction() {
    double share = (double) hits / asked;
    double ahead = hits == asked ? 1 : 1 - share;
    double back = hits == 0 ? 1 : share;
    Vectors.scale(reached, ahead);
    Vectors.add(reached, missed, -back);
    return Vectors.normalise(Norm.L2, reached);
  }
}
