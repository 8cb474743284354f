package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.SampleForm;
import io.holdfast.data.image.LabelUse;
import io.holdfast.model.arch.Architecture;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.LibraryMix;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The data of an experiment, checked against each other and against the experiment.
 *
 * @param whole all of {@code data.train}, those held out too, without extra samples
 * @param train without the validation samples
 * @param validation null for none
 * @param test of which nothing but shape, classes and size is asked before training has ended, but
 *     for the place of a label that has no class, and for what a ledger of these samples needs
 * @param architecture for these inputs and classes
 * @param library saved examples to train on, or null for none
 * @param extra those of the training samples that {@code data.extra} has brought, or null for none
 * @param stages the same for each stage of the experiment; empty where there are none
 */
public record ExperimentData(
    Dataset whole,
    Dataset train,
    @Nullable Dataset validation,
    Dataset test,
    Architecture architecture,
    @Nullable LibraryFeed library,
    @Nullable Dataset extra,
    List<ExperimentData> stages) {
  static final String RESIZE =
      "resize: [height, width] in the data section brings images to one size";

  public ExperimentData {
    stages = List.copyOf(stages);
  }

  /** Data of a single training. */
  public ExperimentData(
      Dataset train,
      @Nullable Dataset validation,
      Dataset test,
      Architecture architecture,
      @Nullable LibraryFeed library) {
    this(train, train, validation, test, architecture, library, null, List.of());
  }

  /** Data without saved examples. */
  public ExperimentData(
      Dataset train, @Nullable Dataset validation, Dataset test, Architecture architecture) {
    this(train, validation, test, architecture, null);
  }

  /**
   * As {@link #open(Experiment, LocalDate)}, for experiments without a library.
   *
   * @throws InvalidInputException also if the experiment has one, whose expiry needs a day
   */
  public static ExperimentData open(Experiment experiment) {
    boolean saved = experiment.trainings().stream().anyMatch(one -> one.library() != null);
    if (saved || experiment.library() != null) {
      throw new InvalidInputException(
          experiment.source(),
          "train.library",
          "data that is opened with the day by which expiry is judged",
          "no day");
    }
    return open(experiment, LocalDate.EPOCH);
  }

  /**
   * Opens all sources and checks that they fit each other, the model and the threat model.
   *
   * @param today the day by which the expiry of saved examples is judged
   * @throws InvalidInputException with every problem found
   */
  public static ExperimentData open(Experiment experiment, LocalDate today) {
    return open(experiment, today, new Problems(experiment.source()));
  }

  /**
   * As {@link #open(Experiment, LocalDate)}.
   *
   * @param problems that the experiment has already; those of its sources are added to them
   */
  static ExperimentData open(Experiment experiment, LocalDate today, Problems problems) {
    Dataset train = open(experiment, "train", experiment.train(), null, problems);
    SampleForm form = train == null ? null : SampleForm.of(train);
    Dataset test = open(experiment, "test", experiment.test(), form, problems);
    DataSource source = experiment.validation();
    Dataset validation =
        source == null ? null : open(experiment, "validation", source, form, problems);
    LibraryFeed library = library(experiment, today, problems);
    Dataset extra = train == null ? null : extra(experiment, train, problems);
    problems.throwIfAny();
    if (train == null || test == null) {
      throw new IllegalStateException("data that could not be opened was reported");
    }
    ExperimentData whole = of(experiment, train, test, validation, library).with(experiment, extra);
    return experiment.stages().isEmpty() ? whole : whole.staged(experiment, today);
  }

  /**
   * Samples to train on beside the training samples; null where there are none, or were reported.
   */
  private static @Nullable Dataset extra(Experiment experiment, Dataset train, Problems problems) {
    ExtraData more = experiment.extra();
    if (more == null || more.source().path().isEmpty()) {
      return null;
    }
    try {
      Dataset samples = more.open(train);
      int before = problems.list().size();
      Dataset matched =
          new DataChecks(experiment, train, problems).matching(ExtraData.KEY, samples);
      return problems.list().size() == before ? matched : null;
    } catch (InvalidInputException e) {
      reject(experiment, "data", ExtraData.KEY, e, problems);
      return null;
    }
  }

  private ExperimentData with(Experiment experiment, @Nullable Dataset extra) {
    ExtraData more = experiment.extra();
    return extra == null || more == null
        ? this
        : new ExperimentData(
            whole,
            more.behind(train, extra),
            validation,
            test,
            architecture,
            library,
            extra,
            stages);
  }

  /** The same with what each stage trains on, checked against the stage. */
  private ExperimentData staged(Experiment experiment, LocalDate today) {
    Problems problems = new Problems(experiment.source());
    List<ExperimentData> each = new ArrayList<>();
    for (Stage stage : experiment.stages()) {
      LibraryFeed saved =
          Objects.equals(stage.experiment().library(), experiment.library())
              ? library
              : library(stage.experiment(), today, problems);
      problems.collect(() -> each.add(of(stage.experiment(), train, test, validation, saved)));
    }
    problems.throwIfAny();
    return new ExperimentData(whole, train, validation, test, architecture, library, extra, each);
  }

  /**
   * The same samples for another experiment that names the same ones.
   *
   * @throws InvalidInputException with everything of it that does not fit them
   */
  ExperimentData with(Experiment other, LocalDate today) {
    Problems problems = new Problems(other.source());
    LibraryFeed saved = library(other, today, problems);
    problems.throwIfAny();
    ExperimentData checked = of(other, train, test, validation, saved);
    ExperimentData whole =
        new ExperimentData(
            this.whole,
            train,
            validation,
            test,
            checked.architecture,
            saved,
            extra,
            checked.stages);
    return other.stages().isEmpty() ? whole : whole.staged(other, today);
  }

  /** The samples of {@code data.train} alone, without the extra ones behind them. */
  Dataset own() {
    return extra == null ? train : train.first(train.size() - extra.size());
  }

  /** What each training of the experiment trains on: the stages, or this alone. */
  List<ExperimentData> trainings() {
    return stages.isEmpty() ? List.of(this) : stages;
  }

  private static @Nullable LibraryFeed library(
      Experiment experiment, LocalDate today, Problems problems) {
    LibraryMix mix = experiment.library();
    if (mix == null || mix.path().isEmpty()) { // which was reported
      return null;
    }
    try {
      return mix.open(experiment.threat(), today);
    } catch (InvalidInputException e) {
      reject(experiment, "train", "library", e, problems);
      return null;
    }
  }

  /**
   * Null where it cannot be opened, which is added, or where none is named, which was.
   *
   * @param form of the training samples; null for themselves, and where they cannot be opened
   */
  private static @Nullable Dataset open(
      Experiment experiment,
      String key,
      DataSource source,
      @Nullable SampleForm form,
      Problems problems) {
    if (source.path().isEmpty()) {
      return null;
    }
    try {
      return source.open(LabelUse.TASK, form);
    } catch (InvalidInputException e) {
      reject(experiment, "data", key, e, problems);
      return null;
    }
  }

  /** What is wrong with a file, told at the key of the experiment that names it. */
  static void reject(
      Experiment experiment,
      String section,
      String key,
      InvalidInputException ofFile,
      Problems problems) {
    experiment.rejectAll(problems, section, key, ofFile.problems(), p -> p.withFound(found(p)));
  }

  /** What was found in a file, and where in it. */
  static String found(Problem p) {
    String place = p.field().isEmpty() ? p.source() : p.source() + ": " + p.field();
    return p.found().contains(place) ? p.found() : p.found() + " at " + place;
  }

  /**
   * Checks data that is open already.
   *
   * @param validation null to split it off the training samples as the experiment says
   * @throws InvalidInputException with every problem found
   */
  static ExperimentData of(
      Experiment experiment,
      Dataset train,
      Dataset test,
      @Nullable Dataset validation,
      @Nullable LibraryFeed library) {
    Problems problems = new Problems(experiment.source());
    DataChecks checks = new DataChecks(experiment, train, problems);
    Dataset tested = checks.matching("test", test);
    Dataset held = validation == null ? null : checks.matching("validation", validation);
    Architecture architecture = checks.all(library);
    problems.throwIfAny();
    if (architecture == null) {
      throw new IllegalStateException("an architecture that does not fit was reported");
    }
    double share = experiment.validationShare();
    if (held != null || share == 0) { // also for a stage, whose samples are held out already
      return new ExperimentData(train, held, tested, architecture, library);
    }
    List<Dataset> parts = HardeningRun.holdOut(train, experiment.seed(), share);
    return new ExperimentData(
        train, parts.get(1), parts.get(0), tested, architecture, library, null, List.of());
  }
}
