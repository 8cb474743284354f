package io.holdfast.train;

import io.holdfast.common.OutOfMemoryException;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.governor.Gate;
import io.holdfast.common.governor.Governor;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainResult.Validation;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One run of training under way: steps, and what is due between them. */
final class TrainingLoop {
  private final TrainJob job;
  private final TrainSettings settings;
  private final Shards shards;
  private final BatchStep batchStep;
  private final RunState state;
  private final @Nullable CheckpointStore store;
  private final RunLog log;
  private final @Nullable Validator validator;
  private final @Nullable Watch watch;
  private final Course course;
  private final Steering steering;
  private long lastSave = System.nanoTime();

  /**
   * A run that goes on from a state.
   *
   * @param store for checkpoints, null for none
   * @param governor null to do all that is planned
   * @param governed where the governor stood
   */
  TrainingLoop(
      TrainJob job,
      RunState state,
      @Nullable CheckpointStore store,
      RunLog log,
      Guides.Asked guides,
      @Nullable Governor governor,
      Steering.Saved governed) {
    this.job = job;
    this.state = state;
    this.store = store;
    this.log = log;
    settings = job.settings();
    shards = Shards.of(job);
    Gate gate = Steering.gate(governor);
    batchStep = new BatchStep(job, shards, guides.models(), gate);
    validator = Validator.of(job, gate);
    watch = Watch.of(job, state, gate);
    course = new Course(job, state, watch);
    LookCosts looks =
        LookCosts.of(
            settings,
            validator == null ? 0 : validator.size(),
            watch == null ? 0 : watch.size(),
            shards.batchSize(),
            job.network().graph().nodes().stream().anyMatch(n -> n.layer() instanceof BatchNorm));
    steering = Steering.of(governor, state, course, job, looks, governed);
  }

  /**
   * Takes all steps that are left.
   *
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   */
  TrainResult run() {
    String title = "training " + settings.objective().name();
    int batch = shards.batchSize();
    long planned = (long) shards.stepsPerEpoch() * settings.epochs();
    try (Progress.Task task = job.progress().start(title, planned * batch, "images")) {
      task.skip(step() * batch);
      boolean worked = false;
      while (probeIsDue() || epochIsDue() || stepIsDue() || closingIsDue() || meanIsDue()) {
        try {
          job.stopper().check();
          if (probeIsDue()) { // a run was stopped while it probed
            probe(task);
          } else if (epochIsDue() || closingIsDue()) { // or validated
            endEpoch(task);
          } else if (meanIsDue()) {
            closeMean();
          } else {
            steering.before();
            if (stepIsDue()) {
              advance(task);
            }
          }
        } catch (RunInterruptedException e) { // a step or validation that was begun changed nothing
          saveInterrupted();
          throw e;
        }
        worked = true;
      }
      boolean closing = !isPaused() && (worked || steering.lacksSummary());
      if (closing) {
        steering.finish();
        course.tellWhereItEnds();
      }
      if (worked || closing) {
        save();
      }
    }
    Validation kept = isPaused() ? state.counters.last() : state.settle();
    return new TrainResult(step(), epoch(), state.counters.stopped(), kept);
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
      List<ShardResult> results;
      List<ShardResult> ofBeside;
      try {
        BatchStep.Moment now = course.moment(gradients);
        results = batchStep.run(state, now, owner);
        ofBeside = batchStep.ofBeside(state, now, owner, results);
      } catch (OutOfMemoryException e) {
        if (steering.relieve()) {
          return; // nothing was changed: the same step again, on fewer workers
        }
        throw e;
      }
      norm = Update.apply(state, results, ofBeside, rate, settings.gradientClip(), job.workers());
      state.carryOn(results);
      sums = StepSums.of(results);
    }
    steering.stepped();
    state.takeStep(sums);
    double epoch = (double) step() / shards.stepsPerEpoch();
    @Nullable Double epsilon =
        threat != null && settings.objective().adversarial() ? threat.epsilon() : null;
    log.step(
        new RunLog.Step(
            step(), epoch, sums, rate, norm, epsilon, (System.nanoTime() - begin) / 1e9),
        state.counters.epoch(),
        task);
    if (steering.governed()) {
      task.stat("attack steps", course.search().inner().steps());
    }
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
    Watch w = Objects.requireNonNull(watch); // or none would be due
    long from = step();
    steering.begin();
    boolean time = steering.hasTime();
    boolean back = steering.again(() -> w.probe(course.search(), threat, time, log, task));
    steering.probed();
    if (back) {
      steering.wentBack(from, time);
      save();
    }
  }

  private boolean stepIsDue() {
    return step() < state.effort.last() && !state.counters.stopped() && !isPaused();
  }

  /** Whether the job wants to go no further now, although there are steps left. */
  private boolean isPaused() {
    boolean reached = job.until() > 0 && step() >= (long) job.until() * shards.stepsPerEpoch();
    return reached && step() < state.effort.last() && !state.counters.stopped();
  }

  /** Whether all steps of an epoch were taken, or all there are, and it has not been ended. */
  private boolean epochIsDue() {
    boolean over = step() % shards.stepsPerEpoch() == 0 || step() >= state.effort.last();
    return over && state.counters.epoch().samples() > 0;
  }

  /** Whether the run is over, and what it ended with was not validated. */
  private boolean closingIsDue() {
    Validation last = state.counters.last();
    boolean seen = last != null && last.epoch() >= epoch() && !meanIsDue();
    return validator != null && !seen && isOver();
  }

  private boolean isOver() {
    return step() > 0 && !isPaused() && !stepIsDue();
  }

  /** Whether the run is over, and the mean of weights is not yet what it is to be. */
  private boolean meanIsDue() {
    return isOver() && (state.lacksLast() || state.averaging().isUnmeasured(step()));
  }

  /** The present one, from 1; at its end the one that ends. */
  private int epoch() {
    return (int) ((step() + shards.stepsPerEpoch() - 1) / shards.stepsPerEpoch());
  }

  private void endEpoch(Progress.Task task) {
    int epoch = epoch();
    steering.begin();
    closeMean();
    Validator.Look look = validation(epoch);
    StepSums sums = state.endEpoch();
    if (look != null) {
      state.validated(look.figures(), settings.keepBest(), settings.patience());
      state.stands(look.standing());
    }
    log.epoch(
        new RunLog.Epoch(
            step(), epoch, sums, look, state.chances(), state.weakness(), course.level()),
        task);
  }

  /** With the curricula that go by it; null where there is none. */
  private Validator.@Nullable Look validation(int epoch) {
    if (validator == null || !steering.validates()) {
      return null;
    }
    Validator v = validator;
    Validator.Look look = steering.again(() -> v.look(state.current().classifier(), epoch));
    steering.again(
        () -> {
          course.moveOn(v, look.figures(), epoch);
          return true;
        });
    steering.validated();
    return look;
  }

  /**
   * Gives the mean of weights, where there is one, the last weights where the run is over, and its
   * batch norms their statistics before anyone looks at it.
   */
  private void closeMean() {
    Swa swa = settings.methods().swa();
    if (isOver() && state.lacksLast()) {
      state.average();
    }
    boolean seen = validator != null && steering.validates();
    if (swa == null || !state.averaging().isUnmeasured(step()) || (!seen && stepIsDue())) {
      return;
    }
    int batches = swa.batches();
    steering.again(
        () -> {
          try (InputGradients gradients = course.gradients()) {
            batchStep.measureStatistics(state, batches, course.moment(gradients));
            return true;
          }
        });
    state.counters = state.counters.with(state.averaging().measured(step()));
  }

  /** An interrupted thread cannot write, so that it is one again only afterwards. */
  private void saveInterrupted() {
    boolean interrupted = Thread.interrupted();
    try {
      save();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void save() {
    if (store != null) {
      steering.begin();
      store.write(state, log.sync(), steering.save());
      steering.saved();
      lastSave = System.nanoTime();
    }
  }
}
