package io.holdfast.train;

import io.holdfast.common.governor.Decision.What;
import io.holdfast.train.Ladder.Rung;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the most effort with which a run stays within its budgets: down the {@link Ladder}, but by
 * up to a tenth of the steps of training (a fifth where the search has one step) before adversarial
 * samples are left out, and by more of them at its foot; up again where there turns out to be time.
 */
final class Planner {
  private static final double BACK = 0.94; // of what is left: as little must more effort need
  private static final int SETTLE = 5; // steps between a change and the next
  private static final int LONG_SETTLE = 10; // and where more is done again, at least
  private static final int MOST_SETTLE = 100; // and at most
  private static final int SETTLE_PART = 16; // of the steps that are left between the two
  private static final double LONGER = 1.1; // times the steps that are left: worth a change
  private static final double MOSTLY = 0.9; // of the steps planned; the rest goes before samples
  private static final double MOSTLY_OF_ONE = 0.8; // where the search has no steps to give
  private static final double SLACK = 0.98; // of what is left: or each waver takes another step
  private static final String TOO_LITTLE = "what is left would not suffice";
  private static final String ENOUGH = "there is time for more";

  /** A value to change and why. */
  record Change(What what, double to, String why, Map<String, Double> measured) {}

  private final Ladder ladder;
  private final Forecast forecast;
  private final long total;
  private final double mostly;
  private long changed = Long.MIN_VALUE / 2;

  /**
   * @param total steps that are planned
   */
  Planner(Ladder ladder, Forecast forecast, long total) {
    this.ladder = ladder;
    this.forecast = forecast;
    this.total = total;
    mostly = ladder.rungs().get(0).mostSteps() > 1 ? MOSTLY : MOSTLY_OF_ONE;
  }

  /** What is to be changed before a step; mostly nothing. */
  List<Change> at(long step, Effort effort) {
    Meter over = forecast.exhausted(step, effort);
    if (over != null) {
      return List.of(end(step, over));
    }
    if (!forecast.known() || step - changed < SETTLE) {
      return List.of();
    }
    List<Change> changes = forecast.fits(step, effort, 1) ? more(step, effort) : less(step, effort);
    changed = changes.isEmpty() ? changed : step;
    return changes;
  }

  /** The run went back to a step: what comes settles from there. */
  void wentBack(long to) {
    changed = to;
  }

  /** What was given up last comes back first. */
  private List<Change> more(long step, Effort effort) {
    long left = (effort.last() - step) / SETTLE_PART;
    if (step - changed < Math.max(LONG_SETTLE, Math.min(MOST_SETTLE, left))) {
      return List.of();
    }
    double z = effort.progress(step);
    long goal = effort.leavesOut(z) ? (long) Math.ceil(mostly * total) : total;
    if (effort.last() < goal) {
      long most = Math.min(goal, forecast.longest(step, effort, BACK, total));
      return most == goal || most - step > LONGER * (effort.last() - step)
          ? List.of(change(What.TRAINING_STEPS, (double) most, ENOUGH, step, effort))
          : List.of();
    }
    for (Rung richer : ladder.above(ladder.place(z, effort))) {
      Rung rung = richer.at(z, effort);
      if (forecast.fits(step, rung.of(effort), BACK)) {
        return to(rung, effort, step, ENOUGH);
      }
    }
    return List.of();
  }

  /** Validation at once; of the training itself nothing that may yet turn out to fit. */
  private List<Change> less(long step, Effort effort) {
    double z = effort.progress(step);
    List<Rung> below =
        ladder.below(ladder.place(z, effort)).stream().map(r -> r.at(z, effort)).toList();
    if (forecast.holds(step, effort)) {
      return below.stream()
          .filter(rung -> !rung.trainsLess(effort))
          .findFirst()
          .map(rung -> to(rung, effort, step, TOO_LITTLE))
          .orElse(List.of());
    }
    Rung dearer = Rung.now(effort);
    for (Rung rung : below) {
      if (rung.leavesOutMore(dearer)) {
        long most = forecast.longest(step, dearer.of(effort), SLACK, total);
        if (most >= mostly * total) {
          return shorter(dearer, effort, step, Math.min(most, effort.last() - 1));
        }
      }
      if (forecast.fits(step, rung.of(effort), 1)) {
        return to(rung, effort, step, TOO_LITTLE);
      }
      dearer = rung;
    }
    Rung least = ladder.least().at(z, effort);
    long most = forecast.longest(step, least.of(effort), 1, total);
    return shorter(least, effort, step, Math.min(most, effort.last()));
  }

  /** To a rung, and to the end after so many steps in all. */
  private List<Change> shorter(Rung rung, Effort effort, long step, long steps) {
    List<Change> all = new ArrayList<>(to(rung, effort, step, TOO_LITTLE));
    long last = Math.max(step + 1, steps);
    if (last < effort.last()) {
      all.add(change(What.TRAINING_STEPS, (double) last, TOO_LITTLE, step, effort));
    }
    return all;
  }

  private List<Change> to(Rung r, Effort e, long step, String why) {
    List<Change> all = new ArrayList<>();
    if (r.validates() != e.validates()) {
      all.add(change(What.VALIDATION, r.validates() ? 1 : 0, why, step, e));
    }
    if (r.mostSteps() != e.mostSteps()) {
      all.add(change(What.ATTACK_STEPS, r.mostSteps(), why, step, e));
    }
    if (r.from() != e.from()) {
      all.add(change(What.ADVERSARIAL_FROM, r.from(), why, step, e));
    }
    if (r.share() != e.share()) {
      all.add(change(What.ADVERSARIAL_SHARE, r.share(), why, step, e));
    }
    return all;
  }

  private Change change(What what, double to, String why, long step, Effort now) {
    Map<String, Double> measured = new LinkedHashMap<>();
    StringBuilder words = new StringBuilder(why);
    for (Meter meter : forecast.meters()) {
      double rest = forecast.rest(meter, step, now);
      measured.put(meter.name, meter.used());
      measured.put(meter.name + "_needed", rest);
      measured.put(meter.name + "_limit", meter.limit);
      words.append(meter.words(rest));
    }
    return new Change(what, to, words.toString(), measured);
  }

  private static Change end(long step, Meter meter) {
    return new Change(
        What.TRAINING_STEPS,
        step,
        "no time for another step" + meter.words(0),
        Map.of(meter.name, meter.used(), meter.name + "_limit", meter.limit));
  }
}
