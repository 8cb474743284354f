package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Engine;
import io.holdfast.train.Guides;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.Regions;
import io.holdfast.train.Replay;
import io.holdfast.train.SampleChoice;
import io.holdfast.train.Selection;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.TrainingCost;
import io.holdfast.train.TrainingRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment trains, ready to run: one training, or the stages of a {@link Pipeline}. Holds
 * the weights that they start from, and by which they tell samples apart, open.
 */
final class Trainings implements AutoCloseable {
  private static final String SAMPLES = "train.samples";

  private final Experiment experiment;
  private final ExperimentData data;
  private final Harden.Options options;
  private final List<StartingWeights> starts = new ArrayList<>();
  private final List<Optional<Regions>> regions = new ArrayList<>();
  private final List<Bundle> tellers = new ArrayList<>(); // of regions

  private Trainings(Experiment experiment, ExperimentData data, Harden.Options options) {
    this.experiment = experiment;
    this.data = data;
    this.options = options;
  }

  /**
   * Opens the weights that trainings start from, and what their ledgers say of regions.
   *
   * @throws InvalidInputException if some are missing or damaged
   */
  static Trainings open(Experiment experiment, ExperimentData data, Harden.Options options) {
    Trainings trainings = new Trainings(experiment, data, options);
    try {
      for (Experiment one : experiment.trainings()) {
        trainings.starts.add(StartingWeights.open(one, data.architecture()));
        trainings.regions.add(trainings.regions(one));
      }
      return trainings;
    } catch (RuntimeException | Error e) {
      trainings.close();
      throw e;
    }
  }

  /** Refuses what a run would refuse before its first step, with its lines; changes nothing. */
  void check() {
    try {
      checkAll();
    } catch (InvalidInputException e) {
      Problems located = new Problems(experiment.source());
      for (Problem p : e.problems()) {
        of(p).ifPresentOrElse(one -> one.locate(p, located), () -> located.add(p));
      }
      located.throwIfAny();
    }
  }

  /** The training that a problem is one of; none where it has a source of its own. */
  private Optional<Experiment> of(Problem p) {
    if (p.field().isEmpty()) {
      return Optional.empty();
    }
    if (p.source().equals(HardeningRun.SOURCE)) {
      return Optional.of(experiment);
    }
    return experiment.stages().stream()
        .filter(stage -> p.source().equals(Pipeline.sourceOf(stage.name())))
        .findFirst()
        .map(Stage::experiment);
  }

  private void checkAll() {
    Path replay = experiment.governor().replay();
    if (experiment.stages().isEmpty()) {
      if (replay != null) {
        Replay.requireFitting(replay, experiment.training(), data.train().size());
      }
      training(0).run().check(data.train());
    } else {
      StageBudgets.requireFitting(
          experiment.governor(), experiment.stages().stream().map(Stage::name).toList());
      if (replay != null) {
        for (Stage stage : experiment.stages()) {
          TrainSettings settings = stage.experiment().training();
          String phase = Decision.trainingOf(stage.name());
          Replay.requireFitting(replay, phase, settings, data.train().size());
        }
      }
      pipeline(provenance(Map.of()), null).check(data.train());
    }
  }

  /**
   * Trains, or goes on with it; the caller closes the model.
   *
   * @param governor of all of it; null for none
   */
  Bundle fit(Provenance provenance, @Nullable Governor governor) {
    if (experiment.stages().isEmpty()) {
      return training(0).provenance(provenance).governor(governor).fit(data.train());
    }
    Bundle trained = pipeline(provenance, governor).fit(data.train());
    StageMetrics.join(options.out(), experiment.stages());
    return trained;
  }

  /**
   * Trains up to so many epochs in all and pauses.
   *
   * @param provenance of what is trained, for the models of stages that end
   * @param governor of all of it; null for none
   * @return the folder with the metrics of what was trained last
   */
  Path advance(int epochs, Provenance provenance, @Nullable Governor governor) {
    if (experiment.stages().isEmpty()) {
      training(0).governor(governor).run().advance(data.train(), epochs);
      return options.out();
    }
    return pipeline(provenance, governor).advance(data.train(), epochs);
  }

  /**
   * What the first so many epochs cost that {@link #advance} trained; fewer where one ended early.
   */
  TrainingCost spent(int epochs) {
    TrainingCost all = TrainingCost.NONE;
    int left = epochs;
    for (int i = 0; i < experiment.trainings().size() && left > 0; i++) {
      TrainSettings settings = experiment.trainings().get(i).training();
      int own = Math.min(left, settings.epochs());
      Path metrics = new RunFolder(folder(i)).metrics();
      int trained = EpochFigures.read(metrics, settings.keepBest(), own).trained();
      all = all.plus(training(i).run().cost(data.train(), Math.min(own, trained)));
      left -= own;
    }
    return all;
  }

  /** The model that all of them train. */
  Graph graph() {
    return data.architecture().graph();
  }

  /**
   * What validation says of a model that has come so many epochs: at the last one of the training
   * that these end in, or at its best one where that training keeps the best.
   *
   * @param metrics of that training
   */
  EpochFigures figures(Path metrics, int epochs) {
    List<Experiment> all = experiment.trainings();
    int number = 0;
    int left = epochs;
    while (number < all.size() - 1 && left > all.get(number).training().epochs()) {
      left -= all.get(number).training().epochs();
      number++;
    }
    return EpochFigures.read(metrics, all.get(number).training().keepBest(), left);
  }

  private Path folder(int number) {
    List<Stage> stages = experiment.stages();
    Path run = options.out();
    return stages.isEmpty() ? run : Pipeline.folder(run, stages.get(number).name());
  }

  private Pipeline pipeline(Provenance whole, @Nullable Governor governor) {
    Pipeline pipeline = Pipeline.of(training(0).governor(governor));
    List<Stage> stages = experiment.stages();
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      Hardening training = training(i).progress(options.progress().of(stage.name()));
      boolean last = i == stages.size() - 1;
      pipeline =
          pipeline.stage(
              stage.name(), training.provenance(last ? whole : upTo(stage, whole)), stage.after());
    }
    return pipeline;
  }

  /** The origin of a model that the last stages have not seen. */
  private static Provenance upTo(Stage stage, Provenance whole) {
    Map<String, Object> configuration = new LinkedHashMap<>(whole.configuration());
    configuration.put(TrainingRecord.STAGE, stage.name());
    return new Provenance(
        whole.codeVersion(),
        whole.engineVersion(),
        whole.platform(),
        whole.seed(),
        whole.dataHashes(),
        configuration);
  }

  private Hardening training(int number) {
    Experiment one = experiment.trainings().get(number);
    ExperimentData samples = data.trainings().get(number);
    return Hardening.of(data.architecture())
        .against(one.threat())
        .settings(settings(one))
        .inner(one.inner().maximiser(one.threat()))
        .augmentation(one.augmentation())
        .library(samples.library())
        .validation(data.validation())
        .startFrom(starts.get(number).bundle())
        .freeze(one.freeze())
        .layers(one.layers())
        .regions(regions.get(number).orElse(null))
        .seed(one.seed().value())
        .device(one.device())
        .workers(options.workers())
        .folder(options.out())
        .resume(options.resume())
        .progress(options.progress())
        .stopper(options.stopper());
  }

  /** How to train, with what the ledger says about samples. */
  private static TrainSettings settings(Experiment one) {
    TrainSettings plain = one.training();
    SampleChoice samples = one.samples();
    if (samples == null || samples.regions() > 0) {
      return plain;
    }
    Selection selection = of(one, "ledger", samples::open);
    return plain.toBuilder().methods(plain.methods().with(selection)).build();
  }

  /** What is read from a file that {@code train.samples} names. */
  private static <T> T of(Experiment one, String key, Supplier<T> read) {
    try {
      return read.get();
    } catch (InvalidInputException e) {
      Problems problems = new Problems(one.source());
      ExperimentData.reject(one, SAMPLES, key, e, problems);
      problems.throwIfAny();
      throw e;
    }
  }

  private Optional<Regions> regions(Experiment one) {
    SampleChoice samples = one.samples();
    if (samples == null || samples.regions() == 0) {
      return Optional.empty();
    }
    String model = samples.model();
    if (model != null) {
      tellers.add(of(one, "model", () -> Bundle.read(Path.of(model))));
    }
    Network network = model == null ? null : tellers.get(tellers.size() - 1).network();
    Dataset judged = judged(one, of(one, "ledger", () -> Objects.requireNonNull(samples.judged())));
    return Optional.of(of(one, "ledger", () -> samples.open(judged, network)));
  }

  /** The samples that a ledger is of. */
  private Dataset judged(Experiment one, SampleChoice.Judged ledger) {
    Optional<Dataset> all =
        Stream.of(
                Optional.of(data.whole()),
                Optional.ofNullable(data.validation()),
                Optional.of(data.test()))
            .flatMap(Optional::stream)
            .filter(samples -> ledger.isOf(samples, options.stopper()))
            .findFirst();
    if (all.isEmpty()) {
      Problems problems = new Problems(one.source());
      String expected =
          "a ledger of the first samples of data.train, data.validation or data.test, whose inputs"
              + " tell regions apart";
      one.reject(problems, SAMPLES, "ledger", expected, "one of other samples", null);
      problems.throwIfAny();
    }
    return all.orElseThrow().first(ledger.count());
  }

  /**
   * Where the result comes from.
   *
   * @param hashes of the samples
   */
  Provenance provenance(Map<String, String> hashes) {
    Map<String, String> all = new LinkedHashMap<>(hashes);
    Settings configuration = experiment.resolved(data.library());
    for (int i = 0; i < starts.size(); i++) {
      boolean only = experiment.stages().isEmpty();
      String prefix = only ? "" : experiment.stages().get(i).name() + ".";
      configuration = add(i, only ? "" : Stage.KEY + "[" + i + "]", configuration);
      hashes(i).forEach((name, hash) -> all.put(prefix + name, hash));
    }
    return Provenance.of(Engine.version(), experiment.seed(), all, configuration);
  }

  /** What a training adds to the configuration. */
  private Settings add(int number, String stage, Settings configuration) {
    Settings changed = configuration;
    LibraryFeed library = data.trainings().get(number).library();
    if (!stage.isEmpty()) {
      changed = experiment.trainings().get(number).resolvedAt(stage, library, changed);
    }
    Bundle start = starts.get(number).bundle();
    return start == null
        ? changed
        : TrainingRecord.withStart(changed, stage.isEmpty() ? "model" : stage, start);
  }

  private Map<String, String> hashes(int number) {
    Map<String, String> hashes = new LinkedHashMap<>();
    Bundle start = starts.get(number).bundle();
    if (start != null) {
      hashes.put("start", start.network().hash());
    }
    LibraryFeed library = data.trainings().get(number).library();
    if (library != null) {
      hashes.put("library", library.examples().hash());
    }
    Experiment one = experiment.trainings().get(number);
    SampleChoice samples = one.samples();
    if (samples != null) {
      String hash = regions.get(number).map(Regions::hash).orElseGet(() -> samples.open().hash());
      hashes.put("samples", hash);
    }
    try (Guides guides = Guides.open(one.training().objective(), Map.of(), one.device())) {
      hashes.putAll(guides.hashes());
    }
    return hashes;
  }

  @Override
  public void close() {
    starts.forEach(StartingWeights::close);
    tellers.forEach(Bundle::close);
  }
}
