package io.holdfast.train;

import io.holdfast.common.governor.Decision.What;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the most effort with which a run stays within its budgets. What is given up, in this order:
 * validation before the end of training, where nothing depends on it; steps of the search down to
 * two; all but one step, R-FGSM; adversarial samples down to half of those planned; at last steps
 * of training.
 */
final class Planner {
  private static final int POINTS = 64; // at which the rest of a curriculum is looked at
  private static final double BACK = 0.94; // of what is left: as little must more effort need
  private static final int SETTLE = 5; // steps between a change and the next
  private static final int LONG_SETTLE = 10; // and where more is done again
  private static final double LONGER = 1.1; // times the steps that are left: worth a change

  /** One combination of what is given up before steps of training are. */
  record Rung(int mostSteps, double share, boolean validates) {
    Effort of(Effort e) {
      return new Effort(mostSteps, share, validates, e.pace());
    }
  }

  /** A value to change and why. */
  record Change(What what, double to, String why, Map<String, Double> measured) {}

  /** What the search costs in the course of a run. */
  interface Work {
    /** Gradients per sample at some progress with so much effort, as things stand now. */
    double gradients(Effort effort, double z);

    /** As it was planned before the first step. */
    double planned(double z);
  }

  private final TrainSettings settings;
  private final int perEpoch;
  private final long total;
  private final Looks looks;
  private final Work work;
  private final List<Meter> meters;
  private final List<Rung> rungs;
  private long changed = Long.MIN_VALUE / 2;

  /**
   * @param total steps that are planned
   */
  Planner(
      TrainSettings settings,
      int perEpoch,
      long total,
      Looks looks,
      Work work,
      List<Meter> meters) {
    this.settings = settings;
    this.perEpoch = perEpoch;
    this.total = total;
    this.meters = meters.stream().filter(Meter::bounded).toList();
    this.looks = looks;
    this.work = work;
    rungs = rungs();
  }

  private List<Rung> rungs() {
    int most = Effort.mostSteps(settings);
    boolean needed = looks.needed() || looks.validation() == 0;
    List<Rung> all = new ArrayList<>(List.of(new Rung(most, 1, true)));
    if (!needed) {
      all.add(new Rung(most, 1, false));
    }
    if (settings.objective().adversarial()) {
      for (int steps = less(most); steps >= 1; steps = less(steps)) {
        all.add(new Rung(steps, 1, needed));
      }
      int least = Math.min(1, most);
      all.add(new Rung(least, 0.75, needed));
      all.add(new Rung(least, 0.5, needed));
    }
    return all;
  }

  /** One fewer of a few steps, an eighth fewer of many. */
  private static int less(int steps) {
    return steps - Math.max(1, steps / 8);
  }

  /** What is to be changed before a step; mostly nothing. */
  List<Change> at(long step, Effort effort) {
    for (Meter meter : meters) {
      double next = meter.steps.of(work.gradients(effort, effort.progress(step)));
      if (meter.used() + next + closing(meter) > meter.limit) {
        return List.of(end(step, meter));
      }
    }
    boolean known = meters.stream().allMatch(m -> m.steps.known());
    if (!known || step - changed < SETTLE) {
      return List.of();
    }
    List<Change> changes = changes(step, effort);
    changed = changes.isEmpty() ? changed : step;
    return changes;
  }

  /** The run went back to a step: the last change settles anew from there. */
  void wentBack(long to) {
    changed = Math.min(changed, to);
  }

  private List<Change> changes(long step, Effort effort) {
    int now = rung(effort);
    if (!fits(step, effort, 1)) {
      return less(step, effort, now);
    }
    boolean settled = step - changed >= LONG_SETTLE;
    if (settled && effort.last() < total) {
      long most = Math.min(total, longest(step, effort, BACK));
      return most - step > LONGER * (effort.last() - step)
          ? List.of(
              change(What.TRAINING_STEPS, (double) most, "there is time for more", step, effort))
          : List.of();
    }
    if (settled) {
      for (int i = 0; i < now; i++) {
        if (fits(step, rungs.get(i).of(effort), BACK)) {
          return to(i, effort, step, "there is time for more");
        }
      }
    }
    return List.of();
  }

  private List<Change> less(long step, Effort effort, int now) {
    String why = "what is left would not suffice";
    for (int i = now + 1; i < rungs.size(); i++) {
      if (fits(step, rungs.get(i).of(effort), 1)) {
        return to(i, effort, step, why);
      }
    }
    int cheapest = rungs.size() - 1;
    List<Change> all = new ArrayList<>(to(cheapest, effort, step, why));
    Effort least = rungs.get(cheapest).of(effort);
    long last = Math.max(step + 1, Math.min(effort.last(), longest(step, least, 1)));
    if (last < effort.last()) {
      all.add(change(What.TRAINING_STEPS, (double) last, why, step, effort));
    }
    return all;
  }

  /** The richest one that is not above what is done now. */
  private int rung(Effort e) {
    for (int i = 0; i < rungs.size(); i++) {
      Rung r = rungs.get(i);
      if (r.mostSteps() <= e.mostSteps()
          && r.share() <= e.share()
          && (e.validates() || !r.validates())) {
        return i;
      }
    }
    return rungs.size() - 1;
  }

  private List<Change> to(int rung, Effort e, long step, String why) {
    Rung r = rungs.get(rung);
    List<Change> all = new ArrayList<>();
    if (r.validates() != e.validates()) {
      all.add(change(What.VALIDATION, r.validates() ? 1 : 0, why, step, e));
    }
    if (r.mostSteps() != e.mostSteps()) {
      all.add(change(What.ATTACK_STEPS, r.mostSteps(), why, step, e));
    }
    if (r.share() != e.share()) {
      all.add(change(What.ADVERSARIAL_SHARE, r.share(), why, step, e));
    }
    return all;
  }

  private Change change(What what, double to, String why, long step, Effort now) {
    Map<String, Double> measured = new LinkedHashMap<>();
    StringBuilder words = new StringBuilder(why);
    for (Meter meter : meters) {
      double rest = rest(meter, step, now);
      measured.put(meter.name, meter.used());
      measured.put(meter.name + "_needed", rest);
      measured.put(meter.name + "_limit", meter.limit);
      words.append(Steering.figures(meter, rest));
    }
    return new Change(what, to, words.toString(), measured);
  }

  private static Change end(long step, Meter meter) {
    return new Change(
        What.TRAINING_STEPS,
        step,
        "no time for another step" + Steering.figures(meter, 0),
        Map.of(meter.name, meter.used(), meter.name + "_limit", meter.limit));
  }

  private boolean fits(long step, Effort effort, double part) {
    return meters.stream().allMatch(m -> rest(m, step, effort) <= m.left() * part);
  }

  /** Steps in all that fit. */
  private long longest(long step, Effort effort, double part) {
    double most = Double.POSITIVE_INFINITY;
    for (Meter meter : meters) {
      double each = training(meter, step, effort) / (effort.last() - step);
      double left = meter.left() * part - closing(meter);
      double validations = effort.validates() ? meter.validation(looks.validation()) / perEpoch : 0;
      double probes = meter.probe(looks.probe()) / looks.every();
      most = Math.min(most, left / (each + validations + probes));
    }
    return step + (long) Math.min(most, (double) total);
  }

  /** What all that is left costs. */
  private double rest(Meter meter, long step, Effort effort) {
    long validations =
        effort.validates() ? Math.max(0, (effort.last() - 1) / perEpoch - step / perEpoch) : 0;
    long probes = Math.max(0, (effort.last() - 1) / looks.every() - step / looks.every());
    return training(meter, step, effort)
        + validations * meter.validation(looks.validation())
        + probes * meter.probe(looks.probe())
        + closing(meter);
  }

  private double training(Meter meter, long step, Effort effort) {
    long steps = effort.last() - step;
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      double z = effort.progress(step) + (1 - effort.progress(step)) * (i + 0.5) / POINTS;
      sum += meter.steps.of(work.gradients(effort, z));
    }
    return sum / POINTS * steps;
  }

  private double closing(Meter meter) {
    return meter.validation(looks.validation()) + meter.probe(looks.probe()) + meter.save();
  }

  /** Mean gradients of the search per sample and step, as planned. */
  double plannedGradients() {
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      sum += work.planned((i + 0.5) / POINTS);
    }
    return sum / POINTS;
  }

  /** The budget that is nearest to its end. */
  @Nullable Meter tightest() {
    return meters.stream().max(Comparator.comparingDouble(m -> m.used() / m.limit)).orElse(null);
  }
}
