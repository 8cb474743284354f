package io.holdfast.train;

import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.train.TrainResult.Validation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tells of a run: lines of {@code metrics.jsonl}, and figures beside the progress bar. */
final class RunLog implements AutoCloseable {
  static final String FILE = "metrics.jsonl";

  /**
   * One step.
   *
   * @param step steps done, this one included
   * @param epoch epochs done, as a fraction
   * @param sums over the step's samples
   * @param learningRate of this step
   * @param gradientNorm L2 norm of the whole gradient before clipping
   * @param epsilon of the inner maximisation, or null where there is none
   * @param seconds the step took
   */
  record Step(
      long step,
      double epoch,
      StepSums sums,
      double learningRate,
      double gradientNorm,
      @Nullable Double epsilon,
      double seconds) {}

  private final @Nullable MetricsLog file;

  private RunLog(@Nullable MetricsLog file) {
    this.file = file;
  }

  /** Writes no file. */
  static RunLog silent() {
    return new RunLog(null);
  }

  /**
   * Goes on with the folder's metrics.
   *
   * @param keep bytes to keep, 0 to start afresh
   */
  static RunLog in(Path folder, long keep) {
    return new RunLog(MetricsLog.resume(folder.resolve(FILE), keep));
  }

  /** Forces all lines to the disk; returns how many bytes they are. */
  long sync() {
    if (file == null) {
      return 0;
    }
    file.sync();
    return file.offset();
  }

  /**
   * @param epoch sums over the epoch so far, this step included: the running figures
   */
  void step(Step s, StepSums epoch, Progress.Task task) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("event", "step");
    row.put("step", s.step());
    row.put("epoch", s.epoch());
    row.put("loss", s.sums().meanLoss());
    put(row, "clean_accuracy", s.sums().clean().share());
    put(row, "robust_accuracy", s.sums().robust().share());
    put(row, "library_accuracy", s.sums().library().share());
    row.put("learning_rate", s.learningRate());
    row.put("gradient_norm", s.gradientNorm());
    put(row, "epsilon", s.epsilon());
    row.put("seconds", s.seconds());
    append(row);
    task.advance(s.sums().samples());
    task.stat("epoch", Math.ceil(s.epoch()));
    task.stat("loss", epoch.meanLoss());
    show(task, "clean", epoch.clean().share());
    show(task, "robust", epoch.robust().share());
    show(task, "library", epoch.library().share());
  }

  /**
   * An epoch's end.
   *
   * @param step steps done
   * @param epoch from 1
   * @param sums over the epoch's samples
   * @param look validation of what came of it, or null
   * @param chances of each member of the threat model to be attacked, where it is drawn
   * @param weakness in [0, 1] of each class, where it is measured which samples are drawn more
   *     often
   * @param curriculum progress in [0, 1] of curricula that go by accuracy, with which training goes
   *     on; null where they go by time
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Epoch(
      long step,
      int epoch,
      StepSums sums,
      Validator.@Nullable Look look,
      double[] chances,
      Map<Integer, Double> weakness,
      @Nullable Double curriculum) {}

  /** An epoch has ended. */
  void epoch(Epoch e, Progress.Task task) {
    Map<String, Object> row = new LinkedHashMap<>();
    StepSums sums = e.sums();
    row.put("event", "epoch");
    row.put("step", e.step());
    row.put("epoch", e.epoch());
    put(row, "loss", sums.samples() == 0 ? null : sums.meanLoss());
    put(row, "train_clean_accuracy", sums.clean().share());
    put(row, "train_robust_accuracy", sums.robust().share());
    put(row, "train_library_accuracy", sums.library().share());
    if (e.look() != null) {
      Validation validation = e.look().figures();
      row.put("clean_accuracy", validation.clean());
      put(row, "robust_accuracy", validation.robust());
      Standing standing = e.look().standing();
      Integer weakest = standing.weakestClass();
      if (weakest != null) {
        Standing.Share share = Objects.requireNonNull(standing.classes().get(weakest));
        row.put("weakest_class", weakest);
        row.put("weakest_class_accuracy", share.rate());
        row.put("weakest_class_samples", Math.round(share.of()));
      }
      task.stat("validation", validation.score());
    }
    if (e.chances().length > 0) {
      row.put("member_chances", e.chances());
    }
    if (!e.weakness().isEmpty()) {
      row.put("class_weakness", e.weakness());
    }
    put(row, "curriculum", e.curriculum());
    append(row);
  }

  /**
   * A look for catastrophic overfitting.
   *
   * @param own accuracy on training's own adversarial examples since the last look, or null
   */
  void probe(long step, Validator.Figures probe, @Nullable Double own, Progress.Task task) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("event", "probe");
    row.put("step", step);
    row.put("clean_accuracy", probe.clean());
    put(row, "robust_accuracy", probe.robust());
    put(row, "own_accuracy", own);
    append(row);
    show(task, "probe", probe.robust());
  }

  /**
   * Training was overfitted to its own search, and goes back.
   *
   * @param from steps done
   * @param to steps done where it goes on
   * @param toEpoch epochs done there, as a fraction
   * @param robust accuracy of the probe
   * @param best that of the best probe before
   * @param own accuracy on training's own adversarial examples since the last probe, or null
   * @param remedy that it goes on with
   */
  record Rollback(
      long from,
      long to,
      double toEpoch,
      double robust,
      double best,
      @Nullable Double own,
      String remedy) {}

  /** Training goes back. */
  void rollback(Rollback r) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("event", "rollback");
    row.put("step", r.from());
    row.put("to", r.to());
    row.put("to_epoch", r.toEpoch());
    row.put("robust_accuracy", r.robust());
    row.put("best_accuracy", r.best());
    put(row, "own_accuracy", r.own());
    row.put("remedy", r.remedy());
    append(row);
  }

  private static void put(Map<String, Object> row, String key, @Nullable Double value) {
    if (value != null) {
      row.put(key, value);
    }
  }

  private static void show(Progress.Task task, String name, @Nullable Double value) {
    if (value != null) {
      task.stat(name, value);
    }
  }

  private void append(Map<String, Object> row) {
    if (file != null) {
      file.append(row);
    }
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
