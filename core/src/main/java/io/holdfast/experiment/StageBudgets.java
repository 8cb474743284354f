package io.holdfast.experiment;

import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Journal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shares the budgets of a run out among its stages. Each stage has a governor of its own, with a
 * journal in its folder. Of a deadline and of processor time it gets of what the stages before have
 * left as much as its part of the backward passes that are planned from there on; all other budgets
 * hold for each stage as they are.
 */
final class StageBudgets {
  private static final double MILLIS = 1e3;

  private final Governor whole;
  private final List<Double> costs;
  private final List<Decision> decisions = new ArrayList<>();

  /**
   * Before the first stage.
   *
   * @param whole the governor of the run, whose journal gets what the stages' decided
   * @param costs backward passes that are planned, by stage
   */
  StageBudgets(Governor whole, List<Double> costs) {
    this.whole = whole;
    this.costs = List.copyOf(costs);
  }

  /** The governor of a stage, where all before it have ended; the caller closes it. */
  Governor of(int stage, String name) {
    double rest = costs.subList(stage, costs.size()).stream().mapToDouble(c -> c).sum();
    double part = costs.get(stage) / rest;
    Budgets budgets = whole.budgets();
    Duration deadline = budgets.deadline();
    if (deadline != null) {
      double left = left(deadline.toMillis() / MILLIS, "seconds");
      budgets = budgets.withDeadline(Duration.ofMillis(Math.max(1, (long) (left * part * MILLIS))));
    }
    if (budgets.coreSeconds() > 0) {
      double left = left(budgets.coreSeconds(), "core_seconds");
      budgets = budgets.withCoreSeconds(Math.max(1 / MILLIS, left * part));
    }
    return whole.part(name, budgets);
  }

  private double left(double limit, String name) {
    return limit
        - decisions.stream()
            .filter(d -> d.what() == What.SUMMARY)
            .mapToDouble(d -> d.measured().getOrDefault(name, 0.0))
            .sum();
  }

  /** Takes note of what was decided in a stage that has ended. */
  void ended(List<Decision> journal) {
    decisions.addAll(journal);
  }

  /**
   * Writes all decisions into the journal of the run.
   *
   * @param folder of the run, or null to keep them in memory
   */
  void join(@Nullable Path folder) {
    Journal journal = whole.journal();
    if (folder != null) {
      journal.resume(folder, 0);
    }
    decisions.forEach(journal::add);
  }
}
