package io.holdfast.train;

import java.util.ArrayList;
import java.util.List;

/**
 * What is given up beside steps of training, from all effort down to the least: validation before
 * the end of training, where nothing depends on it; steps of the search down to two; all but one
 * step, R-FGSM; where budgets want it so, adversarial samples in the first half of training;
 * adversarial samples down to half of those planned. Where the search has no steps of its own (free
 * training, searches that an objective fixes) nothing of it can be given up.
 *
 * @param rungs the richest first, at least one
 */
record Ladder(List<Rung> rungs) {
  private static final double LATEST_DELAY = 0.1; // progress; then trained robustness would be lost
  private static final double[] DELAYS = {0.25, 0.5};
  private static final double[] SHARES = {0.75, 0.5};

  /**
   * One combination of what is given up.
   *
   * @param from progress from which on there are adversarial samples
   */
  record Rung(int mostSteps, double share, double from, boolean validates) {
    /** What is done now. */
    static Rung now(Effort e) {
      return new Rung(e.mostSteps(), e.share(), e.from(), e.validates());
    }

    /** This much, over as many steps of training. */
    Effort of(Effort e) {
      return new Effort(mostSteps, share, from, validates, e.pace());
    }

    /**
     * This rung where training is at some progress: adversarial samples that have begun are not put
     * off any more, and what has passed cannot be done again.
     */
    Rung at(double z, Effort e) {
      return z < Math.max(LATEST_DELAY, e.from())
          ? this
          : new Rung(mostSteps, share, e.from(), validates);
    }

    /** Whether more than validation is given up. */
    boolean trainsLess(Effort e) {
      return mostSteps != e.mostSteps() || share != e.share() || from != e.from();
    }

    /** Whether it has fewer adversarial samples. */
    boolean leavesOutMore(Rung than) {
      return share < than.share || from > than.from;
    }

    private boolean isWithin(Effort e) {
      return mostSteps <= e.mostSteps()
          && share <= e.share()
          && from >= e.from()
          && (e.validates() || !validates);
    }
  }

  Ladder {
    rungs = List.copyOf(rungs);
  }

  /**
   * That of a run.
   *
   * @param later whether the first part of training is without adversarial samples before all of it
   *     has fewer; not where something goes by robust accuracy meanwhile, or weights are averaged
   */
  static Ladder of(TrainSettings settings, LookCosts looks, boolean later) {
    int most = Effort.mostSteps(settings);
    boolean needed = looks.needed() || looks.validation() == 0;
    Methods methods = settings.methods();
    Swa swa = methods.swa();
    boolean steered =
        settings.patience() > 0
            || methods.advance() != null
            || methods.measures()
            || methods.guard() != null
            || (swa != null && swa.from() < DELAYS[DELAYS.length - 1]);
    List<Rung> all = new ArrayList<>(List.of(new Rung(most, 1, 0, true)));
    if (!needed) {
      all.add(new Rung(most, 1, 0, false));
    }
    if (settings.objective().takesSteps() && most > 0) {
      for (int steps = less(most); steps >= 1; steps = less(steps)) {
        all.add(new Rung(steps, 1, 0, needed));
      }
      int least = Math.min(1, most);
      double from = 0;
      for (int i = 0; later && !steered && i < DELAYS.length; i++) {
        from = DELAYS[i];
        all.add(new Rung(least, 1, from, needed));
      }
      for (double share : SHARES) {
        all.add(new Rung(least, share, from, needed));
      }
    }
    return new Ladder(all);
  }

  /** One fewer of a few steps, an eighth fewer of many. */
  private static int less(int steps) {
    return steps - Math.max(1, steps / 8);
  }

  /** The place of the richest rung that is not above what is done at some progress. */
  int place(double z, Effort e) {
    for (int i = 0; i < rungs.size(); i++) {
      if (rungs.get(i).at(z, e).isWithin(e)) {
        return i;
      }
    }
    return rungs.size() - 1;
  }

  /** The rungs above a place, the richest first. */
  List<Rung> above(int place) {
    return rungs.subList(0, place);
  }

  /** The rungs below a place, the richest first. */
  List<Rung> below(int place) {
    return rungs.subList(place + 1, rungs.size());
  }

  /** The lowest. */
  Rung least() {
    return rungs.get(rungs.size() - 1);
  }
}
