package io.holdfast.experiment;

import io.holdfast.common.Progress;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Journal;
import io.holdfast.train.Replay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shares the budgets of a run out among its stages. Each stage has a governor of its own, with a
 * journal in its folder. Of a deadline and of processor time it gets, of what the stages before
 * have left, its part of the work that is planned from there on; all other budgets hold for each
 * stage as they are.
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
   * @param costs the work that is planned, by stage
   */
  StageBudgets(Governor whole, List<Double> costs) {
    this.whole = whole;
    this.costs = List.copyOf(costs);
  }

  /**
   * A governor of the stage that is next, where all before it have {@link #ended}; the caller
   * closes it.
   *
   * @param shown told of its decisions
   */
  Governor governor(int stage, String name, Progress shown) {
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
    // What comes after another stage would lose what that has learnt of adversarial samples.
    return whole.part(name, stage == 0 ? budgets : budgets.withDelay(false), shown);
  }

  private double left(double limit, String name) {
    return limit
        - decisions.stream()
            .filter(d -> d.what() == What.SUMMARY)
            .mapToDouble(d -> d.measured().getOrDefault(name, 0.0))
            .sum();
  }

  /**
   * A stage has ended: what was decided in it, and before, goes into the journal of the run.
   *
   * @param run its folder, or null to keep the journal in memory
   */
  void ended(List<Decision> ofStage, @Nullable Path run) {
    Journal journal = whole.journal();
    if (run != null && decisions.isEmpty()) {
      journal.resume(run, 0); // afresh: what it holds is in the journals of the stages
    }
    decisions.addAll(ofStage);
    ofStage.forEach(journal::add);
    journal.sync();
  }

  /** Refuses a journal to replay of other stages than these. */
  static void requireFitting(Budgets budgets, List<String> stages) {
    Path replayed = budgets.replay();
    if (replayed != null) {
      Replay.requireFitting(replayed, stages.stream().map(Decision::trainingOf).toList());
    }
  }
}
