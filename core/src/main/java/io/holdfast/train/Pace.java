package io.holdfast.train;

import java.util.ArrayList;
import java.util.List;

/**
 * Which progress belongs to which step: along straight lines, a new one from each step on at which
 * it was decided that there are more or fewer steps in all. What lies before such a step stays as
 * it was, so that a run that goes back to there finds it again.
 *
 * @param legs at least one, in the order of their steps
 */
record Pace(List<Leg> legs) {
  /**
   * One line, up to progress 1.
   *
   * @param anchor the step at which it begins, 0 for the first
   * @param reached progress there
   * @param last steps in all
   */
  record Leg(long anchor, double reached, long last) {
    double progress(long step) {
      return last == anchor ? reached : reached + (1 - reached) * (step - anchor) / (last - anchor);
    }

    /** The first step with so much progress, if there were no other line. */
    long stepAt(double progress) {
      long step = anchor + (long) Math.ceil((progress - reached) / (1 - reached) * (last - anchor));
      while (step > anchor && progress(step - 1) >= progress) { // by rounding
        step--;
      }
      while (step < last && progress(step) < progress) { // the same, upwards
        step++;
      }
      return step;
    }
  }

  Pace {
    legs = List.copyOf(legs);
  }

  /** One line over all steps. */
  static Pace over(long steps) {
    return new Pace(List.of(new Leg(0, 0, steps)));
  }

  /** Steps in all. */
  long last() {
    return legs.get(legs.size() - 1).last();
  }

  /** Progress in [0, 1] before a step. */
  double progress(long step) {
    int leg = legs.size() - 1;
    while (leg > 0 && legs.get(leg).anchor() > step) {
      leg--;
    }
    return legs.get(leg).progress(step);
  }

  /** The first step with at least so much progress, in [0, 1). */
  long stepAt(double progress) {
    for (int i = 0; i < legs.size() - 1; i++) {
      long step = legs.get(i).stepAt(progress);
      if (step <= legs.get(i + 1).anchor()) {
        return step;
      }
    }
    Leg end = legs.get(legs.size() - 1);
    if (end.reached() >= progress) { // but for rounding, found above
      return end.anchor();
    }
    return end.last() == end.anchor() ? end.last() + 1 : end.stepAt(progress); // or never
  }

  /** The same up to a step; from there on it runs to its end at another one. */
  Pace lasting(long steps, long from) {
    List<Leg> all = new ArrayList<>(legs.stream().filter(l -> l.anchor() < from).toList());
    all.add(new Leg(from, progress(from), steps));
    return new Pace(all);
  }
}
