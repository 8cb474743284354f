package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Format;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Gauges;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.evaluate.CorruptionBenchmark;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.model.Classifier;
import io.holdfast.model.graph.Network;
import io.holdfast.report.Report;
import io.holdfast.tensor.Memory;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Knowledge;
import io.holdfast.train.SampleChoice;
import io.holdfast.train.TrainingRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Runs an experiment: trains, attacks the result, and writes everything into one folder. */
public final class Harden {
  private final Experiment experiment;
  private final ExperimentData data;
  private final Options options;
  private final ReadData read;
  private final RunFolder folder;

  /**
   * How to run; nothing here changes results.
   *
   * @param out the folder for everything
   * @param resume whether to go on with the run in there, if there is one
   * @param workers threads, 0 for one per core
   * @param progress told of each step
   * @param stopper asked before each step
   * @param command that makes the same again, for the report
   * @param gauges by which a governor goes, where the experiment has one
   */
  public record Options(
      Path out,
      boolean resume,
      int workers,
      Progress progress,
      Stopper stopper,
      String command,
      Gauges gauges) {
    /** With the gauges of this machine. */
    public Options(
        Path out, boolean resume, int workers, Progress progress, Stopper stopper, String command) {
      this(out, resume, workers, progress, stopper, command, Governing.ofThisMachine());
    }

    /** A fresh run without a sound on all cores. */
    public static Options into(Path out) {
      return new Options(out, false, 0, Progress.silent(), Stopper.manual(), "");
    }

    /** The same for one of several runs. */
    Options at(Path folder, boolean goOn, Progress display) {
      return new Options(folder, goOn, workers, display, stopper, command, gauges);
    }
  }

  private Harden(Experiment experiment, ExperimentData data, Options options) {
    this(experiment, data, options, new ReadData());
  }

  private Harden(Experiment experiment, ExperimentData data, Options options, ReadData read) {
    this.experiment = experiment;
    this.data = data;
    this.options = options;
    this.read = read;
    this.folder = new RunFolder(options.out());
  }

  /**
   * Runs an experiment from start to end: {@code model.holdfast}, {@code metrics.jsonl}, {@code
   * scorecard.json}, {@code ledger.parquet}, {@code examples.jsonl}, {@code experiment.json} and
   * {@code report.html} in the output folder, beside {@code command.txt} if a command was named.
   *
   * @throws InvalidInputException if experiment and data do not go together, the folder cannot be
   *     written, or the run to resume is another one
   * @throws RunInterruptedException if a stop was requested; resuming goes on from there
   * @throws HoldfastException if training diverges, or memory or disk are exhausted; the last
   *     checkpoint is valid
   */
  public static EvaluationResult run(Experiment experiment, Options options) {
    return run(experiment, ExperimentData.open(experiment), options);
  }

  /** As {@link #run(Experiment, Options)}, on data that is open already. */
  public static EvaluationResult run(Experiment experiment, ExperimentData data, Options options) {
    return new Harden(experiment, data, options).run();
  }

  /**
   * Refuses all that {@link #run(Experiment, ExperimentData, Options)} would refuse before its
   * first step, except a folder that holds another run to resume; leaves nothing changed.
   *
   * @throws InvalidInputException if experiment, data and folder do not go together
   */
  public static void check(Experiment experiment, ExperimentData data, Options options) {
    new Harden(experiment, data, options).check();
  }

  /** The same for one of several trainings, which decode the same samples once. */
  static void check(Experiment experiment, ExperimentData data, Options options, ReadData read) {
    new Harden(experiment, data, options, read).check();
  }

  /** As {@link #run(Experiment, ExperimentData, Options)}, for one of several trainings. */
  static EvaluationResult run(
      Experiment experiment, ExperimentData data, Options options, ReadData read) {
    return new Harden(experiment, data, options, read).run();
  }

  /**
   * Refuses what training starts from, learns from or goes by, where it lies in the folder for the
   * results: the first thing that a fresh run does is to empty that.
   *
   * @throws InvalidInputException naming the key
   */
  static void requireInputsOutside(Experiment experiment, ExperimentData data, Options options) {
    new Harden(experiment, data, options).requireInputsOutside();
  }

  private void requireInputsOutside() {
    for (Experiment training : experiment.trainings()) {
      StartingWeights.requireOutside(options.out(), training);
      requireLedgerOutside(training);
    }
    requireJournalOutside();
    for (String path : experiment.evaluation().surrogates().paths()) {
      StartingWeights.requireOutside(options.out(), experiment, "evaluate.surrogates", path);
    }
  }

  private void check() {
    checkUnread();
    if ((!options.resume() || !folder.holdsRun()) && read.isNew(experiment)) {
      requireReadable();
    }
  }

  /** All that is known without decoding an image. */
  private void checkUnread() {
    requireSingle();
    requireMemory();
    requireInputsOutside();
    RunLock.requireFree(options.out());
    folder.requireUsable();
    checkTraining(experiment, data, options);
    checkSuite();
  }

  /**
   * Refuses what training would refuse of settings and samples together, whatever lies in its
   * folder; decodes no image.
   *
   * @throws InvalidInputException with every problem
   */
  static void checkTraining(Experiment experiment, ExperimentData data, Options options) {
    try (Trainings trainings = Trainings.open(experiment, data, options)) {
      trainings.check();
    }
  }

  private void requireSingle() {
    if (!experiment.programme().seeds().isEmpty()) {
      throw new InvalidInputException(
          experiment.source(), "seeds", "one run", "several", "leave them out here");
    }
    if (experiment.programme().search() != null) {
      throw new InvalidInputException(
          experiment.source(), "search", "one run", "a search", "leave it out here");
    }
  }

  /**
   * Trains up to so many epochs in all and pauses; {@link #run} with {@code resume} goes on.
   *
   * @return what the validation at that epoch says, or the best one where the best is kept
   */
  static TrialOutcome advance(
      Experiment experiment,
      ExperimentData data,
      Options options,
      int trial,
      Map<String, String> values,
      int epochs) {
    Harden harden = new Harden(experiment, data, options);
    harden.checkUnread();
    try (RunLock lock = RunLock.take(options.out());
        Governing governing = Governing.of(experiment, data, options);
        Trainings trainings = Trainings.open(experiment, data, options)) {
      Provenance provenance = harden.provenance();
      harden.folder.prepare(provenance, options.resume());
      Path reached = trainings.advance(epochs, provenance, governing.governor());
      EpochFigures figures = trainings.figures(new RunFolder(reached).metrics(), epochs);
      return TrialOutcome.of(
          trial, values, epochs, figures, trainings.spent(epochs), trainings.graph());
    }
  }

  /** What the process holds already is more than it may. */
  private void requireMemory() {
    long limit = experiment.governor().memory();
    long held = Memory.residentBytes();
    if (limit > 0 && limit < held) {
      Problems problems = new Problems(experiment.source());
      experiment.reject(
          problems,
          "governor",
          "memory",
          "more than the " + Format.bytes(held) + " that this process holds before it begins",
          Format.bytes(limit),
          null);
      problems.throwIfAny();
    }
  }

  /** A run begins a journal of its own in its folder. */
  private void requireJournalOutside() {
    Path replay = experiment.governor().replay();
    if (replay != null) {
      StartingWeights.requireOutside(
          options.out(), experiment, "governor.replay", "journal", replay.toString());
    }
  }

  /** A fresh run empties its folder before it trains. */
  private void requireLedgerOutside(Experiment training) {
    SampleChoice samples = training.samples();
    if (samples != null && samples.ledger() != null) {
      StartingWeights.requireOutside(
          options.out(), experiment, "train.samples.ledger", "ledger", samples.ledger());
    }
  }

  /**
   * Images are decoded when they are read; a broken one is found before anything is replaced, and
   * one of the test set before hours of training.
   */
  private void requireReadable() {
    record Part(String key, Dataset set) {}
    List<Part> parts = new ArrayList<>(List.of(new Part("train", data.own())));
    Dataset extra = data.extra();
    if (extra != null) {
      parts.add(new Part(ExtraData.KEY, extra));
    }
    Dataset validation = data.validation();
    if (validation != null) {
      parts.add(new Part(experiment.validation() == null ? "train" : "validation", validation));
    }
    parts.add(new Part("test", tested()));
    long all = parts.stream().mapToLong(part -> part.set().size()).sum();
    Problems problems = new Problems(experiment.source());
    try (Progress.Task task = options.progress().start("checking the data", all, "images")) {
      for (Part part : parts) {
        try {
          Datasets.requireReadable(part.set(), options.workers(), options.stopper(), task::advance);
        } catch (InvalidInputException e) {
          ExperimentData.reject(experiment, "data", part.key(), e, problems);
        }
      }
    }
    problems.throwIfAny();
  }

  /** That the model can be attacked as it is asked for, before hours of training. */
  private void checkSuite() {
    try (Surrogates surrogates = surrogates(experiment);
        Network untrained =
            data.architecture().initialise(experiment.seed()).to(experiment.device())) {
      suite(experiment, untrained.classifier(), surrogates).check(tested());
    }
  }

  /**
   * The surrogates of an experiment, where it computes.
   *
   * @throws InvalidInputException at their line of the file, if they cannot be opened
   */
  static Surrogates surrogates(Experiment experiment) {
    try {
      return experiment.evaluation().surrogates().open().on(experiment.device());
    } catch (InvalidInputException e) {
      Problems problems = new Problems(experiment.source());
      experiment.rejectAll(
          problems,
          "evaluate",
          "surrogates",
          e.problems(),
          p -> p.withFound(p.source() + ": " + p.found()));
      problems.throwIfAny();
      throw e;
    }
  }

  private Dataset tested() {
    return data.test().first(experiment.evaluation().examples());
  }

  private EvaluationResult run() {
    check(); // before prepare, which deletes an earlier run
    try (RunLock lock = RunLock.take(options.out())) {
      folder.requireUsable(); // another may have written there since
      return runAlone();
    }
  }

  private EvaluationResult runAlone() {
    Provenance provenance = provenance();
    List<SampleChoice.Judged> ledgers =
        DataNotes.ledgers(experiment); // now, since they may be gone when training ends
    data.train().prepare(options.workers(), options.stopper(), options.progress());
    DataNotes.of(experiment, data).forEach(options.progress()::note);
    DataNotes.foreign(ledgers, data, options.stopper()).forEach(options.progress()::note);
    data.trainings().stream()
        .map(ExperimentData::library)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(library -> LibraryWords.of(library).forEach(options.progress()::note));
    if (!options.resume() && folder.holdsRun()) {
      String where = folder.isFinished() ? "moved to " + folder.previous() : "replaced";
      options.progress().note("the earlier run in " + options.out() + " is " + where);
    }
    folder.prepare(provenance, options.resume());
    folder.writeCommand(options.command());
    try (Governing governing = Governing.of(experiment, data, options);
        Bundle trained = model(provenance, governing)) {
      EvaluationResult result = evaluate(trained, provenance, ledgers, governing);
      try (Bundle judged = trained.withScorecard(result.card())) {
        judged.write(folder.model());
      }
      Report.Builder report = Report.builder().title(experiment.name());
      folder
          .addTo(report, experiment.name())
          .command(options.command())
          .build()
          .write(folder.report());
      return result;
    }
  }

  /** Where a run's result comes from. */
  static Provenance provenance(Experiment experiment, ExperimentData data, Options options) {
    return new Harden(experiment, data, options).provenance();
  }

  private Provenance provenance() {
    Map<String, String> hashes = new LinkedHashMap<>();
    hashes.put("train", data.train().contentHash(options.stopper()));
    Dataset validation = data.validation();
    if (validation != null) {
      hashes.put("validation", validation.contentHash(options.stopper()));
    }
    try (Trainings trainings = Trainings.open(experiment, data, options)) {
      return trainings.provenance(hashes);
    }
  }

  /** The trained model: of this run if it had got so far, else trained now. */
  private Bundle model(Provenance provenance, Governing governing) {
    if (options.resume() && Files.exists(folder.model())) {
      governing.goOn();
      return folder.readModel().after(trained -> trained.network().to(experiment.device()));
    }
    try (Trainings trainings = Trainings.open(experiment, data, options)) {
      Bundle fitted = trainings.fit(provenance, governing.governor());
      governing.trained();
      return fitted.after(trained -> trained.write(folder.model()));
    }
  }

  private EvaluationResult evaluate(
      Bundle trained,
      Provenance provenance,
      List<SampleChoice.Judged> ledgers,
      Governing governing) {
    List<String> notes = new ArrayList<>(SameData.found(experiment, data, options.stopper()));
    notes.addAll(SameData.chosen(ledgers, data.test(), options.stopper()));
    notes.addAll(governing.givenUp());
    try (Surrogates surrogates = surrogates(experiment)) {
      Evaluation evaluation =
          suite(experiment, trained.classifier(), surrogates)
              .workers(options.workers())
              .folder(options.out())
              .resume(true) // a fresh run has emptied the folder; this keeps training's metrics
              .progress(options.progress())
              .stopper(options.stopper())
              .trainedOn(TrainingRecord.of(trained))
              .noting(notes)
              .provenance(provenance); // not the bundle's, whose keys are sorted once it was read
      return governing.on(evaluation, tested());
    }
  }

  /** The evaluation that an experiment asks for. */
  static Evaluation suite(Experiment experiment, Classifier model, Surrogates surrogates) {
    EvaluationSection section = experiment.evaluation();
    Evaluation evaluation =
        surrogates
            .in(Evaluation.of(model))
            .against(experiment.threat())
            .with(section.attacks().toArray(NamedAttack[]::new))
            .precision(experiment.training().precision())
            .shard(section.shard())
            .seed(experiment.seed().value());
    boolean gradients =
        surrogates.model() != null
            || experiment.threat().knowledge().allows(Knowledge.WHITE_BOX); // as its PGD needs
    if (section.curve() > 0 && gradients && experiment.threat().set() instanceof Additive) {
      evaluation = evaluation.curve(RobustnessCurve.standard(section.curve()));
    }
    if (section.corruptions() > 0) {
      evaluation = evaluation.corruptions(CorruptionBenchmark.standard(section.corruptions()));
    }
    return evaluation;
  }
}
