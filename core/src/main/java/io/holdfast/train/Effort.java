package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.common.governor.Decision;
import java.util.List;

/**
 * How much of the planned training is done: what a governor has left of it. Changes by decisions
 * alone, so that the same decisions at the same steps give the same weights.
 *
 * @param mostSteps of the search for adversarial examples, before remedies
 * @param share of the planned adversarial samples, in (0, 1]
 * @param from progress from which on there are adversarial samples, in [0, 1)
 * @param validates whether each epoch's end is validated; the end of training always is
 * @param pace steps in all, and the progress that belongs to each
 */
record Effort(int mostSteps, double share, double from, boolean validates, Pace pace) {
  private static final double LONGEST_STEP = 1; // in radii; the reach of few steps
  private static final double ONE_STEP = 1.25; // Wong et al. 2020, section 4.1

  /** All that is planned. */
  static Effort full(TrainSettings settings, long steps) {
    return new Effort(mostSteps(settings), 1, 0, true, Pace.over(steps));
  }

  static int mostSteps(TrainSettings settings) {
    return (int) Math.round(settings.steps().maximum());
  }

  /** Progress in [0, 1] before a step. */
  double progress(long step) {
    return pace.progress(step);
  }

  /** Steps in all. */
  long last() {
    return pace.last();
  }

  /**
   * The search with at most {@link #mostSteps} steps. Where steps are left out the others are
   * longer, so that it still reaches as far, up to a whole radius, and from a uniform start up to
   * 1.25 radii in the last one that is left.
   */
  InnerMaximiser limited(InnerMaximiser planned) {
    int steps = Math.min(planned.steps(), mostSteps);
    if (steps == planned.steps()) {
      return planned;
    }
    double longest = steps == 1 && planned.start() == Start.UNIFORM ? ONE_STEP : LONGEST_STEP;
    double longer = (double) planned.steps() / steps;
    List<Double> fractions =
        planned.fractions().stream().map(f -> Math.max(f, Math.min(f * longer, longest))).toList();
    return new InnerMaximiser(steps, fractions, planned.start(), planned.rule(), false);
  }

  /** Of the planned share of samples that stay clean, what it comes to at some progress. */
  double cleanShare(double planned, double z) {
    if (z < from) {
      return 1;
    }
    return share == 1 ? planned : 1 - (1 - planned) * share;
  }

  /** Whether adversarial samples are left out at some progress. */
  boolean leavesOut(double z) {
    return share < 1 || z < from;
  }

  /** The value that a decision is about. */
  double value(Decision.What what) {
    return switch (what) {
      case ATTACK_STEPS -> mostSteps;
      case ADVERSARIAL_SHARE -> share;
      case ADVERSARIAL_FROM -> from;
      case VALIDATION -> validates ? 1 : 0;
      case TRAINING_STEPS -> last();
      case ROLLBACK, WORKERS, PAUSE, EVALUATION, SUMMARY ->
          throw new IllegalArgumentException(what + " does not change results");
    };
  }

  /**
   * This effort after a decision before a step; what does not change results leaves it as it is.
   */
  Effort after(Decision d) {
    return switch (d.what()) {
      case ATTACK_STEPS -> new Effort((int) d.to(), share, from, validates, pace);
      case ADVERSARIAL_SHARE -> new Effort(mostSteps, d.to(), from, validates, pace);
      case ADVERSARIAL_FROM -> new Effort(mostSteps, share, d.to(), validates, pace);
      case VALIDATION -> new Effort(mostSteps, share, from, d.to() == 1, pace);
      case TRAINING_STEPS -> lasting((long) d.to(), d.step());
      case ROLLBACK, WORKERS, PAUSE, EVALUATION, SUMMARY -> this;
    };
  }

  private Effort lasting(long steps, long step) {
    return new Effort(mostSteps, share, from, validates, pace.lasting(steps, step));
  }
}
