package io.holdfast.train;

import java.util.ArrayList;
import java.util.List;

/**
 * What is given up beside steps of training, from all effort down to the least: validation before
 * the end of training, where nothing depends on it; steps of the search down to two; all but one
 * step, R-FGSM; adversarial samples down to half of those planned. Where the search has no steps of
 * its own (free training, searches that an objective fixes) nothing of it can be given up.
 *
 * @param rungs the richest first, at least one
 */
record Ladder(List<Rung> rungs) {
  /** One combination of what is given up. */
  record Rung(int mostSteps, double share, boolean validates) {
    /** What is done now. */
    static Rung now(Effort e) {
      return new Rung(e.mostSteps(), e.share(), e.validates());
    }

    /** This much, over as many steps of training. */
    Effort of(Effort e) {
      return new Effort(mostSteps, share, validates, e.pace());
    }

    /** Whether more than validation is given up. */
    boolean trainsLess(Effort e) {
      return mostSteps != e.mostSteps() || share != e.share();
    }

    private boolean isWithin(Effort e) {
      return mostSteps <= e.mostSteps() && share <= e.share() && (e.validates() || !validates);
    }
  }

  Ladder {
    rungs = List.copyOf(rungs);
  }

  /** That of a run. */
  static Ladder of(TrainSettings settings, Looks looks) {
    int most = Effort.mostSteps(settings);
    boolean needed = looks.needed() || looks.validation() == 0;
    List<Rung> all = new ArrayList<>(List.of(new Rung(most, 1, true)));
    if (!needed) {
      all.add(new Rung(most, 1, false));
    }
    if (settings.objective().takesSteps() && most > 0) {
      for (int steps = less(most); steps >= 1; steps = less(steps)) {
        all.add(new Rung(steps, 1, needed));
      }
      int least = Math.min(1, most);
      all.add(new Rung(least, 0.75, needed));
      all.add(new Rung(least, 0.5, needed));
    }
    return new Ladder(all);
  }

  /** One fewer of a few steps, an eighth fewer of many. */
  private static int less(int steps) {
    return steps - Math.max(1, steps / 8);
  }

  /** The place of the richest rung that is not above what is done now. */
  int place(Effort e) {
    for (int i = 0; i < rungs.size(); i++) {
      if (rungs.get(i).isWithin(e)) {
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
