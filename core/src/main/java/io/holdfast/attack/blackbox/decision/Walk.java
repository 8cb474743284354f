package io.holdfast.attack.blackbox.decision;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The search around one sample. An algorithm begins at a point that reaches the goal ({@link
 * #from}) and never asks how large epsilon is; what was found nearest is kept for it. Used by one
 * thread.
 */
abstract class Walk {
  /** Parts of a trail at which a start is looked for. */
  static final double[] LADDER = {0.125, 0.25, 0.5, 1};

  private static final double ROUGH = 1.0 / 64;

  final Space space;
  final float[] clean; // [D]
  private final Site site;
  private float[] nearest; // [D]
  private double distance = Double.POSITIVE_INFINITY;
  private long left;
  private Step next = Step.END;

  Walk(Site site) {
    this.site = site;
    space = site.space();
    clean = site.clean();
    nearest = clean;
    left = site.planned();
  }

  /** The first step. */
  Step begin() {
    return start(this::from);
  }

  /**
   * The first step of the algorithm itself.
   *
   * @param start a point {@code [D]} that reaches the goal
   */
  abstract Step from(float[] start);

  /** What the walk was given. */
  final Site site() {
    return site;
  }

  /** The nearest point {@code [D]} known to reach the goal; the clean input where there is none. */
  final float[] nearest() {
    return nearest;
  }

  /** How far away it is; infinite where there is none. */
  final double distance() {
    return distance;
  }

  /** Queries that are left after the step whose answers are being heard. */
  final long left() {
    return left;
  }

  // ---- between walk and search

  final void open() {
    next = begin();
  }

  /** The points of the next step, as many as there are queries left. */
  final List<float[]> questions() {
    List<float[]> points = next.points();
    return points.size() <= left ? points : points.subList(0, (int) left);
  }

  /**
   * Takes note of the answers, before they are heard.
   *
   * @return the position of the point that is nearer than all before, or -1
   */
  final int note(List<float[]> asked, boolean[] answers) {
    int found = -1;
    for (int i = 0; i < answers.length; i++) {
      double far = answers[i] ? space.distance(clean, asked.get(i)) : Double.POSITIVE_INFINITY;
      if (far < distance) {
        distance = far;
        nearest = asked.get(i);
        found = i;
      }
    }
    return found;
  }

  /** Goes on; a step that could not be asked in full is the last. */
  final void hear(boolean[] answers) {
    left -= answers.length;
    next = answers.length < next.points().size() ? Step.END : next.then().apply(answers);
  }

  // ---- what algorithms are made of

  /** Looks for a start near to the boundary on one trail after the other. */
  final Step start(Function<float[], Step> then) {
    return start(ROUGH, then);
  }

  /** The same, as near as {@code tolerance} of the trail; with 1, the lowest rung. */
  final Step start(double tolerance, Function<float[], Step> then) {
    @Nullable Trail trail = site.trails().next();
    return trail == null
        ? Step.END
        : climb(
            trail,
            1,
            tolerance,
            amount -> then.apply(trail.at(amount)),
            () -> start(tolerance, then));
  }

  /**
   * The smallest part of a trail that reaches the goal, as far as a ladder and halving can tell.
   *
   * @param most the top of the ladder
   * @param tolerance of the amount
   * @param then goes on with the amount
   * @param otherwise what follows where no rung reaches the goal
   */
  final Step climb(
      Trail trail,
      double most,
      double tolerance,
      DoubleFunction<Step> then,
      Supplier<Step> otherwise) {
    List<float[]> rungs = new ArrayList<>();
    for (double part : LADDER) {
      rungs.add(trail.at(part * most));
    }
    return new Step(
        rungs,
        answers -> {
          for (int i = 0; i < answers.length; i++) {
            if (answers[i]) {
              double below = i == 0 ? 0 : LADDER[i - 1] * most;
              return bisect(trail, below, LADDER[i] * most, tolerance, then);
            }
          }
          return otherwise.get();
        });
  }

  /**
   * Halves the way between an amount that does not reach the goal and one that does, until they are
   * close to each other.
   *
   * @param then goes on with the one that does
   */
  final Step bisect(
      Trail trail, double no, double yes, double tolerance, DoubleFunction<Step> then) {
    double middle = (no + yes) / 2;
    if (Math.abs(yes - no) <= tolerance || middle == no || middle == yes) {
      return then.apply(yes);
    }
    return Step.ask(
        trail.at(middle),
        reached ->
            reached
                ? bisect(trail, no, middle, tolerance, then)
                : bisect(trail, middle, yes, tolerance, then));
  }
}
