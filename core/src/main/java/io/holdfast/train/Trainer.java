package io.holdfast.train;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainResult.Validation;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one training loop. Shards of each batch go over the workers; gradients are added up in shard
 * order, so that any number of workers gives the same weights, bit for bit, and a resumed run those
 * of an uninterrupted one.
 */
public final class Trainer {
  private final TrainJob job;
  private final TrainSettings settings;
  private final Shards shards;
  private final BatchStep batchStep;
  private final long totalSteps;
  private final RunState state;
  private final @Nullable CheckpointStore store;
  private final RunLog log;
  private final @Nullable Validator validator;
  private final @Nullable Watch watch;
  private final Course course;
  private long lastSave = System.nanoTime();

  private Trainer(
      TrainJob job,
      RunState state,
      @Nullable CheckpointStore store,
      RunLog log,
      Guides.Asked guides) {
    this.job = job;
    this.state = state;
    this.store = store;
    this.log = log;
    settings = job.settings();
    shards = Shards.of(job);
    batchStep = new BatchStep(job, shards, guides.models());
    totalSteps = (long) shards.stepsPerEpoch() * settings.epochs();
    validator = Validator.of(job);
    watch = Watch.of(job, state, totalSteps);
    course = new Course(job, state, watch, totalSteps);
  }

  /**
   * Trains the job's network in place. With a folder, {@code metrics.jsonl} and a checkpoint are
   * written there, the last one after the last step, so that resuming a finished run computes
   * nothing. Without {@code resume} those of an earlier run are removed first.
   *
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   * @throws HoldfastException if training diverges or a file cannot be written; the last checkpoint
   *     stands
   * @throws InvalidInputException if the job does not fit together, or the checkpoint to resume is
   *     damaged or belongs to another run
   */
  public static TrainResult train(TrainJob job) {
    check(job);
    Path folder = job.folder();
    CheckpointStore store =
        folder == null ? null : new CheckpointStore(folder, Fingerprint.of(job));
    try (RunState state = new RunState(job);
        Guides.Asked guides = job.guides().ask(job.settings().precision());
        RunLog log = open(job, store, state)) {
      return new Trainer(job, state, store, log, guides).run();
    }
  }

  /**
   * Checks all that can be checked before the first step; changes nothing.
   *
   * @throws InvalidInputException if the job does not fit together, with every problem
   */
  public static void check(TrainJob job) {
    Problems problems = new Problems("training");
    ObjectiveChecks.check(job, problems);
    if (job.threat() != null && job.threat().unlimited()) {
      problems.add("threat.epsilon", "a finite epsilon", job.threat().set().key());
    }
    if (job.train().size() == 0) {
      problems.add("data.train", "at least one sample", "none");
    }
    if (job.network().trainable().isEmpty()) {
      problems.add("model.freeze", "at least one layer with weights to train", "all are frozen");
    }
    job.settings().methods().check(job, problems);
    LibraryFeed library = job.library();
    if (library != null) {
      library.check(job.train(), problems);
    }
    boolean needed = job.settings().keepBest() || job.settings().patience() > 0;
    if (needed && Validator.of(job) == null) {
      problems.add(
          "data.validation",
          "held-out samples, by which the best epoch is found",
          "none",
          "set data.validation to a share such as 0.05, or keep: last without early stopping");
    }
    problems.throwIfAny();
  }

  private static RunLog open(TrainJob job, @Nullable CheckpointStore store, RunState state) {
    Path folder = job.folder();
    if (folder == null || store == null) {
      return RunLog.silent();
    }
    if (job.resume() && store.exists()) {
      return RunLog.in(folder, store.read(state));
    }
    store.clear();
    return RunLog.in(folder, 0);
  }

  private TrainResult run() {
    String title = "training " + settings.objective().name();
    int batch = shards.batchSize();
    try (Progress.Task task = job.progress().start(title, totalSteps * batch, "images")) {
      task.skip(step() * batch);
      boolean worked = false;
      while (probeIsDue() || epochIsDue() || (step() < totalSteps && !state.counters.stopped())) {
        try {
          job.stopper().check();
          if (probeIsDue()) { // a run was stopped while it probed
            probe(task);
          } else if (epochIsDue()) { // or validated
            endEpoch(task);
          } else {
            advance(task);
          }
        } catch (RunInterruptedException e) { // a step or validation that was begun changed nothing
          save();
          throw e;
        }
        worked = true;
      }
      if (worked) {
        save();
      }
    }
    Validation kept = state.settle();
    int epochs = (int) ((step() + shards.stepsPerEpoch() - 1) / shards.stepsPerEpoch());
    return new TrainResult(step(), epochs, state.counters.stopped(), kept);
  }

  private long step() {
    return state.counters.step();
  }

  private void advance(Progress.Task task) {
    long begin = System.nanoTime();
    if (watch != null) {
      watch.begin();
    }
    double rate = course.rate();
    ThreatModel threat = course.threat();
    StepSums sums;
    double norm;
    try (SharedScope owner = Scope.shared();
        InputGradients gradients = course.gradients()) {
      List<ShardResult> results = batchStep.run(state, course.moment(gradients), owner);
      norm = Update.apply(state, results, rate, settings.gradientClip());
      state.carryOn(results);
      sums = StepSums.of(results);
    }
    state.takeStep(sums);
    double epoch = (double) step() / shards.stepsPerEpoch();
    @Nullable Double epsilon =
        threat != null && settings.objective().adversarial() ? threat.epsilon() : null;
    log.step(
        new RunLog.Step(
            step(), epoch, sums, rate, norm, epsilon, (System.nanoTime() - begin) / 1e9),
        state.counters.epoch(),
        task);
    if (probeIsDue()) {
      probe(task);
    }
    if (epochIsDue()) {
      endEpoch(task);
    }
    boolean due = System.nanoTime() - lastSave > settings.checkpointSeconds() * 1e9;
    if (due || step() % settings.checkpointSteps() == 0) {
      save();
    }
  }

  private boolean probeIsDue() {
    return watch != null && !state.counters.stopped() && watch.isDue();
  }

  private void probe(Progress.Task task) {
    ThreatModel threat = Objects.requireNonNull(course.threat()); // checked with the job
    if (watch != null && watch.probe(course.search(), threat, log, task)) {
      save();
    }
  }

  /** Whether all steps of an epoch were taken and it has not been ended. */
  private boolean epochIsDue() {
    return step() % shards.stepsPerEpoch() == 0 && state.counters.epoch().samples() > 0;
  }

  private void endEpoch(Progress.Task task) {
    int epoch = (int) (step() / shards.stepsPerEpoch());
    measureStatistics();
    Validation now =
        validator == null ? null : validator.measure(state.current().classifier(), epoch);
    if (validator != null && now != null) {
      course.moveOn(validator, now, epoch);
    }
    StepSums sums = state.endEpoch();
    if (now != null) {
      state.validated(now, settings.keepBest(), settings.patience());
    }
    log.epoch(step(), epoch, sums, now, task);
  }

  /** Of the mean of weights, where there is one. */
  private void measureStatistics() {
    Swa swa = settings.methods().swa();
    if (swa == null || state.averaged(step()) == 0) {
      return;
    }
    try (InputGradients gradients = course.gradients()) {
      batchStep.measureStatistics(state, swa.batches(), course.moment(gradients));
    }
  }

  private void save() {
    if (store != null) {
      store.write(state, log.sync());
      lastSave = System.nanoTime();
    }
  }
}
