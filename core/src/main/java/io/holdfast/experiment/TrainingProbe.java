package io.holdfast.experiment;

import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Memory;
import io.holdfast.tensor.Workers;
import io.holdfast.train.Advance;
import io.holdfast.train.Curve;
import io.holdfast.train.Guides;
import io.holdfast.train.Methods;
import io.holdfast.train.OverfittingGuard;
import io.holdfast.train.Resizing;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.Trainer;
import io.holdfast.train.WeightPerturbation;
import io.holdfast.train.objective.AtProgress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A few steps of training, timed for each kind that there are and at the extremes of curricula. */
final class TrainingProbe {
  private static final int STEPS = 16; // the first half prepares much
  private static final double ENOUGH_SECONDS = 10;

  private final Experiment experiment;
  private final ExperimentData data;
  private final int workers;
  private final Stopper stopper;
  private long memory;

  TrainingProbe(Experiment experiment, ExperimentData data, int workers, Stopper stopper) {
    this.experiment = experiment;
    this.data = data;
    this.workers = workers;
    this.stopper = stopper;
  }

  private Workers pool() {
    return Workers.on(experiment.device(), workers);
  }

  /** The most memory seen so far. */
  long memoryBytes() {
    return memory;
  }

  private void look() {
    memory = Math.max(memory, Memory.residentBytes());
  }

  /** Estimated time of all training steps, validation left out. */
  double seconds() {
    TrainSettings training = experiment.training();
    long steps = (long) training.stepsPerEpoch(data.train().size()) * training.epochs();
    Resizing resizing = training.methods().resizing();
    Graph graph = data.architecture().graph();
    return steps
        * CurriculumTime.mean(
            training, experiment.threat(), z -> Resizing.area(resizing, graph, z), this::step);
  }

  /** Time of one step on whole inputs at one stage of the curriculum, measured. */
  private double step(CurriculumTime.Stage stage) {
    int batch = experiment.training().batch();
    WeightPerturbation perturbation = experiment.training().methods().perturbation();
    Methods shown = // no step of the others is measured, and nothing is held out here
        experiment
            .training()
            .methods()
            .with(stage.kind().perturbed() && perturbation != null ? perturbation.from(0) : null)
            .with((Resizing) null)
            .with((OverfittingGuard) null)
            .with((Advance) null);
    TrainSettings level =
        experiment.training().toBuilder()
            .epochs(STEPS)
            .earlyStopping(0) // nothing is validated here
            .objective(new AtProgress(experiment.training().objective(), stage.progress()))
            .steps(Curve.constant(stage.steps()))
            .cleanShare(Curve.constant(stage.clean()))
            .methods(shown)
            .build();
    Dataset few = data.train().first(Math.max(batch, Math.min(data.train().size(), batch * STEPS)));
    Clock clock = new Clock();
    Stopper enough = Stopper.manual();
    clock.stopper = enough;
    try (Network network =
            data.architecture().initialise(experiment.seed()).to(experiment.device());
        Guides guides = Guides.open(level.objective(), Map.of(), experiment.device());
        Workers pool = pool()) {
      network.freeze(experiment.freeze());
      Trainer.train(
          new TrainJob(
                  network,
                  few,
                  null,
                  experiment.threat(),
                  experiment.inner().maximiser(experiment.threat()),
                  level,
                  experiment.augmentation(),
                  experiment.seed(),
                  pool,
                  null,
                  false,
                  clock,
                  enough)
              .with(data.library())
              .with(guides));
    } catch (RunInterruptedException e) {
      stopper.check(); // otherwise the probe itself has seen enough
    }
    return clock.median();
  }

  /** Notes when each step ended. */
  private final class Clock implements Progress, Progress.Task {
    private final List<Double> times = new ArrayList<>();
    private final long begin = System.nanoTime();
    private long last = begin;
    private Stopper stopper = Stopper.manual();

    @Override
    public Task start(String title, long total, String unit) {
      return this;
    }

    @Override
    public void advance(long n) {
      long now = System.nanoTime();
      times.add((now - last) / 1e9);
      last = now;
      look();
      boolean late = (now - begin) / 1e9 > ENOUGH_SECONDS && times.size() > 1;
      boolean enough = late || times.size() >= STEPS;
      if (enough || TrainingProbe.this.stopper.isRequested()) {
        stopper.request();
      }
    }

    /** Of the later half. */
    double median() {
      List<Double> late = new ArrayList<>(times.subList(times.size() / 2, times.size()));
      Collections.sort(late);
      return late.get(late.size() / 2);
    }
  }
}
