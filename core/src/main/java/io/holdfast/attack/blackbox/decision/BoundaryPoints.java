package io.holdfast.attack.blackbox.decision;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;

/** Where decision-based attacks begin, for attacks of other kinds that begin there too. */
public final class BoundaryPoints {
  private static final int QUERIES = 1000;

  private BoundaryPoints() {}

  /**
   * For each sample the first point on a trail that reaches the goal, near to the boundary: trails
   * are climbed by a ladder and halved down to a 64th. Up to {@value #QUERIES} queries per sample.
   * Samples for which a point inside the ball was found leave the task.
   *
   * @param start kind of trails
   * @return {@code [n, ...]} for those that are left; clean inputs where nothing was found
   */
  public static Tensor find(AttackTask task, Start start) {
    return DecisionSearch.walk(task, new Effort(QUERIES, start, 1), FirstPoint::new);
  }

  /** A walk that is over where others begin. */
  private static final class FirstPoint extends Walk {
    FirstPoint(Site site) {
      super(site);
    }

    @Override
    Step from(float[] start) {
      return Step.END;
    }
  }
}
