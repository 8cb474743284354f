package io.holdfast.experiment;

import io.holdfast.common.Deadline;
import io.holdfast.common.Format;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Gauges;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.SystemGauges;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.Processor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The governor of a run, from training to the closing evaluation, or of attacks alone; or none. As
 * long as it is open, the process's limit on memory is that of the budgets.
 */
public final class Governing implements AutoCloseable {
  private static final double MOST_RESERVED = 0.5; // of a deadline, for the evaluation
  private static final double MILLIS = 1e3;
  private static final double NANOS = 1e9;

  private final @Nullable Governor governor;
  private final Path folder;
  private final @Nullable Duration whole; // what a deadline leaves to training and evaluation
  private final Memory.@Nullable Limit memory;
  private long trainedAt = -1; // when training ended, in nanoseconds that count; -1 if not here

  private Governing(@Nullable Governor governor, Path folder, @Nullable Duration whole) {
    this.governor = governor;
    this.folder = folder;
    this.whole = whole;
    long bytes = governor == null ? 0 : governor.budgets().memory();
    memory = bytes > 0 ? Memory.limited(bytes) : null;
  }

  /** The gauges of this machine. */
  static Gauges ofThisMachine() {
    return new SystemGauges(Memory.peaks(), Memory::release);
  }

  /**
   * That of a run; where a deadline covers the evaluation too, its cost is estimated first.
   *
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  static Governing of(Experiment experiment, ExperimentData data, Harden.Options options) {
    Budgets budgets = experiment.governor();
    if (budgets.isNone()) {
      return new Governing(null, options.out(), null);
    }
    Duration deadline = budgets.deadline();
    Duration whole = budgets.whole() ? deadline : null;
    if (whole != null) {
      double all = whole.toMillis() / MILLIS;
      double most = all * MOST_RESERVED;
      double reserved =
          Math.min(most, Plan.evaluationSeconds(experiment, data, options, millis(most)));
      options
          .progress()
          .note("governor: " + Format.seconds(reserved) + " are kept for the closing evaluation");
      budgets = budgets.withDeadline(millis(all - reserved));
    }
    int workers = options.workers() == 0 ? Processor.cores() : options.workers();
    Governor governor =
        Governor.of(budgets, options.gauges(), workers, options.progress(), options.stopper());
    return new Governing(governor, options.out(), whole);
  }

  /**
   * That of attacks alone, with its journal in their folder; none where there are no budgets.
   *
   * @param resume whether to go on with the journal
   * @param workers threads, 0 for one per core
   * @param end when the attacks must end, waits included
   */
  public static Governing ofAttacks(
      Budgets budgets,
      Path folder,
      boolean resume,
      int workers,
      Deadline end,
      Progress progress,
      Stopper stopper) {
    if (budgets.isNone()) {
      return new Governing(null, folder, null);
    }
    int threads = workers == 0 ? Processor.cores() : workers;
    Governor governor = Governor.of(budgets, ofThisMachine(), threads, progress, stopper);
    governor.until(end);
    if (resume) {
      governor.journal().append(folder);
    } else {
      governor.journal().resume(folder, 0);
    }
    return new Governing(governor, folder, null);
  }

  private static Duration millis(double seconds) {
    return Duration.ofMillis(Math.max(1, Math.round(seconds * MILLIS)));
  }

  /** The governor, or null for none. */
  public @Nullable Governor governor() {
    return governor;
  }

  /** Takes up the journal where the model was trained before. */
  void goOn() {
    if (governor != null) {
      governor.journal().append(folder);
    }
  }

  /** What was given up in training, in words for the scorecard; empty if nothing was. */
  List<String> givenUp() {
    return summaries().stream()
        .filter(d -> !d.why().startsWith("gave up nothing"))
        .map(
            d ->
                "the governor "
                    + (d.stage().isEmpty() ? "" : "in stage " + d.stage() + " ")
                    + d.why())
        .toList();
  }

  private List<Decision> summaries() {
    return governor == null
        ? List.of()
        : governor.journal().decisions().stream().filter(d -> d.what() == What.SUMMARY).toList();
  }

  /** What is done from now on to the evaluation counts towards the deadline of the whole run. */
  void trained() {
    trainedAt = governor == null ? -1 : governor.activeNanos();
  }

  /** Runs the evaluation, within what the deadline has left for it. */
  EvaluationResult on(Evaluation evaluation, Dataset samples) {
    Governor g = governor;
    if (g == null) {
      return evaluation.on(samples);
    }
    Evaluation governed = evaluation.governor(g);
    Duration all = whole;
    if (all == null) {
      return governed.on(samples);
    }
    double trained =
        summaries().stream().mapToDouble(d -> d.measured().getOrDefault("seconds", 0.0)).sum();
    double since = trainedAt < 0 ? 0 : (g.activeNanos() - trainedAt) / NANOS;
    double left = all.toMillis() / MILLIS - trained - since;
    Deadline end = Deadline.in(millis(left), g::activeNanos); // its pauses do not count
    EvaluationResult result = governed.until(end).on(samples);
    if (!result.card().incomplete().isEmpty()) {
      g.at("evaluation", samples.size());
      g.decide(
          What.EVALUATION,
          samples.size(),
          judged(result),
          "the deadline is over; figures of what is incomplete are upper bounds",
          Map.of("seconds_limit", all.toMillis() / MILLIS, "seconds_training", trained));
    }
    return result;
  }

  /** Samples with a verdict of every attack. */
  private static double judged(EvaluationResult result) {
    return result.card().cleanAccuracy().n()
        - result.card().incomplete().values().stream().mapToLong(n -> n).max().orElse(0);
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
    }
    if (governor != null) {
      governor.close();
    }
  }
}
