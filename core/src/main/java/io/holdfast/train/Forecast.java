package io.holdfast.train;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the rest of a run will use of its budgets with some effort: from what its steps, looks and
 * checkpoints were seen to cost, and from the curricula that are left.
 */
final class Forecast {
  private static final int POINTS = 64; // at which the rest of a curriculum is looked at
  private static final double LEAST_PATIENCE = 0.04; // of what is left
  private static final double PATIENCE = 0.2; // as much more, while all of it is left
  private static final double BEGINNING = 0.1; // of a budget, in which processes warm up
  private static final double MORE_PATIENCE = 0.3; // at its start, falling to 0 at its end

  /** What steps cost in the course of a run. */
  interface Work {
    /** Of a step at some progress with so much effort, as things stand now. */
    StepCost.Amount amount(Effort effort, double z);

    /** What part of the whole inputs a step computes on at some progress, in (0, 1]. */
    double area(double z);
  }

  private final int perEpoch;
  private final LookCosts looks;
  private final Work work;
  private final List<Meter> meters;

  /**
   * @param perEpoch steps
   * @param meters those without a limit are passed over
   */
  Forecast(int perEpoch, LookCosts looks, Work work, List<Meter> meters) {
    this.perEpoch = perEpoch;
    this.looks = looks;
    this.work = work;
    this.meters = meters.stream().filter(Meter::bounded).toList();
  }

  /** Those with a limit. */
  List<Meter> meters() {
    return meters;
  }

  /** Whether enough steps were seen. */
  boolean known() {
    return meters.stream().allMatch(m -> m.steps.known());
  }

  /** The first budget that has no room for another step and what closes the run; null for none. */
  @Nullable Meter exhausted(long step, Effort effort) {
    for (Meter meter : meters) {
      double next = cost(meter, effort, effort.progress(step));
      if (meter.used() + next + closing(meter, effort) > meter.limit) {
        return meter;
      }
    }
    return null;
  }

  /**
   * Whether the rest fits into what is left.
   *
   * @param part of what is left that may be used
   */
  boolean fits(long step, Effort effort, double part) {
    return meters.stream().allMatch(m -> rest(m, step, effort) <= m.left() * part);
  }

  /**
   * Whether there is no need to give anything up yet: the rest fits, or is more than what is left
   * by no more than may turn out to be the unsteadiness of the machine, or is made up for later;
   * the less is left the less that may be, and most while a process has just begun.
   */
  boolean holds(long step, Effort effort) {
    return meters.stream().allMatch(m -> rest(m, step, effort) <= m.left() * (1 + patience(m)));
  }

  private static double patience(Meter meter) {
    double left = 1 - meter.used() / meter.limit;
    double early = Math.max(0, 1 - meter.usedHere() / meter.limit / BEGINNING);
    return LEAST_PATIENCE + PATIENCE * left + MORE_PATIENCE * early;
  }

  /** Steps in all that fit, at most so many more. */
  long longest(long step, Effort effort, double part, long more) {
    double most = Double.POSITIVE_INFINITY;
    for (Meter meter : meters) {
      double each = training(meter, step, effort) / (effort.last() - step);
      double left = meter.left() * part - closing(meter, effort);
      double validations = effort.validates() ? meter.validation(looks.validation()) / perEpoch : 0;
      double probes = meter.probe(looks.probe()) / looks.every();
      most = Math.min(most, left / (each + meter.saving() + validations + probes));
    }
    return step + (long) Math.min(most, (double) more);
  }

  /** What all that is left costs. */
  double rest(Meter meter, long step, Effort effort) {
    long validations =
        effort.validates() ? Math.max(0, (effort.last() - 1) / perEpoch - step / perEpoch) : 0;
    long probes = Math.max(0, (effort.last() - 1) / looks.every() - step / looks.every());
    return training(meter, step, effort)
        + meter.saving() * (effort.last() - step)
        + validations * meter.validation(looks.validation())
        + probes * meter.probe(looks.probe())
        + closing(meter, effort);
  }

  private double training(Meter meter, long step, Effort effort) {
    long steps = effort.last() - step;
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
      double z = effort.progress(step) + (1 - effort.progress(step)) * (i + 0.5) / POINTS;
      sum += cost(meter, effort, z);
    }
    return sum / POINTS * steps;
  }

  /** Of a step at some progress. */
  private double cost(Meter meter, Effort effort, double z) {
    return meter.steps.of(work.amount(effort, z)) * work.area(z);
  }

  private double closing(Meter meter, Effort effort) {
    boolean unseen = !effort.validates() || looks.validation() == 0; // else part of validations
    double statistics = unseen ? looks.statistics() * cost(meter, effort, 1) : 0;
    return meter.validation(looks.validation())
        + meter.probe(looks.probe())
        + statistics
        + meter.save();
  }

  /** The budget that is nearest to its end. */
  @Nullable Meter tightest() {
    return meters.stream().max(Comparator.comparingDouble(m -> m.used() / m.limit)).orElse(null);
  }
}
