package io.holdfast.train;

import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Governor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a training run has used of its budgets, over all the processes that it ran in. */
final class Account {
  private static final double MILLIS = 1e3;

  private final Meter seconds;
  private final Meter cores;
  private long taken;
  private double gradients;
  private double planned;

  /**
   * Begins to measure.
   *
   * @param governor null to measure nothing
   * @param saved what was used before
   */
  Account(@Nullable Governor governor, Steering.Saved saved) {
    Budgets budgets = governor == null ? Budgets.NONE : governor.budgets();
    seconds =
        new Meter(
            "seconds",
            budgets.deadline() == null ? 0 : budgets.deadline().toMillis() / MILLIS,
            saved.seconds(),
            new StepCost(false, saved.secondsScale()),
            () -> governor == null ? 0 : governor.activeNanos() / 1e9);
    cores =
        new Meter(
            "core_seconds",
            budgets.coreSeconds(),
            saved.coreSeconds(),
            new StepCost(true, saved.coreScale()), // systems count it in ticks
            () -> governor == null ? 0 : governor.gauges().coreSeconds());
    taken = saved.steps();
    gradients = saved.gradients();
    planned = saved.planned();
  }

  List<Meter> meters() {
    return List.of(seconds, cores);
  }

  /** Something begins that is measured. */
  void begin() {
    meters().forEach(Meter::begin);
  }

  /**
   * A step was computed.
   *
   * @param amount what it computed
   * @param whole what the gradients of the search would have been with all effort
   * @param area part of the whole inputs that it computed on
   * @param left steps to come
   */
  void stepped(StepCost.Amount amount, double whole, double area, long left) {
    taken++;
    gradients += amount.gradients();
    planned += whole;
    meters().forEach(m -> m.endStep(amount, area, left));
  }

  /** Gradients of the search per sample and step so far. */
  double meanGradients() {
    return gradients / Math.max(1, taken);
  }

  /** As {@link #meanGradients}, with all effort in the same steps. */
  double meanPlanned() {
    return planned / Math.max(1, taken);
  }

  /** For the journal. */
  Map<String, Double> used() {
    Map<String, Double> used = new LinkedHashMap<>();
    meters().forEach(m -> used.put(m.name, m.used()));
    return used;
  }

  /**
   * For a checkpoint.
   *
   * @param journal bytes of it that belong to the steps before
   */
  Steering.Saved save(long journal) {
    return new Steering.Saved(
        journal,
        seconds.used(),
        cores.used(),
        taken,
        gradients,
        planned,
        seconds.steps.scale(),
        cores.steps.scale());
  }
}
