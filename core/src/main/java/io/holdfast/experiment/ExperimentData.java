package io.holdfast.experiment;

import io.holdfast.attack.SearchRule.Free;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.NamedClasses;
import io.holdfast.data.StrayLabels;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Device;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.train.Guides;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.LibraryMix;
import io.holdfast.train.Methods;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.objective.Objective;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
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

  private static final String UNWATCHED =
      "train.attack %s takes a single step: training may suddenly learn to withstand that step and"
          + " nothing else; train.catastrophic_overfitting: watch looks for it and goes back";

  private static final int SHOWN = 10;

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
    Dataset train = open(experiment, "train", experiment.train(), problems);
    Dataset test = open(experiment, "test", experiment.test(), problems);
    DataSource source = experiment.validation();
    Dataset validation = source == null ? null : open(experiment, "validation", source, problems);
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
      Dataset matched = matching(experiment, ExtraData.KEY, train, samples, problems);
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

  /** Null where it cannot be opened, which is added, or where none is named, which was. */
  private static @Nullable Dataset open(
      Experiment experiment, String key, DataSource source, Problems problems) {
    if (source.path().isEmpty()) {
      return null;
    }
    try {
      return source.open();
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
    for (Problem p : ofFile.problems()) {
      experiment.reject(problems, section, key, p.expected(), found(p), p.hint());
    }
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
    requireClasses(experiment, train, problems);
    Dataset tested = matching(experiment, "test", train, test, problems);
    Dataset held =
        validation == null ? null : matching(experiment, "validation", train, validation, problems);
    requireDomain(experiment, problems);
    requireSize(experiment, train, problems);
    Architecture architecture = architecture(experiment, train, problems);
    requireAttacks(experiment, train, architecture, problems);
    requireGuides(experiment, train, problems);
    requireAugmented(experiment, train, problems);
    if (library != null) {
      library.check(train, problems);
    }
    if (architecture != null) {
      StartingWeights.require(experiment, architecture, train.info().classes(), problems);
    }
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

  /**
   * Says which classes have no sample to train on, which often means a stray label; empty if all
   * have one, or where that takes labels that nobody has yet.
   */
  String emptyClasses() {
    if (!train.isPrepared()) {
      return "";
    }
    int[] counts = train.classCounts();
    List<String> names = train.info().classes();
    List<String> empty =
        IntStream.range(0, counts.length).filter(k -> counts[k] == 0).mapToObj(names::get).toList();
    if (empty.isEmpty()) {
      return "";
    }
    String some = String.join(", ", empty.subList(0, Math.min(SHOWN, empty.size())));
    return empty.size()
        + " of "
        + counts.length
        + " classes have no sample to train on: "
        + some
        + (empty.size() > SHOWN ? ", ..." : "");
  }

  /**
   * What is worth a note before training: classes without a sample, sets of samples that are named
   * as the same file or folder, and a search that training may overfit to. Reads no test sample.
   */
  List<String> notes(Experiment experiment) {
    List<String> notes = new ArrayList<>();
    if (!emptyClasses().isEmpty()) {
      notes.add(emptyClasses());
    }
    notes.addAll(SameData.named(experiment));
    experiment.trainings().stream()
        .filter(ExperimentData::isUnwatched)
        .map(one -> UNWATCHED.formatted(one.inner().name()))
        .distinct()
        .forEach(notes::add);
    notes.addAll(idle(experiment));
    return notes;
  }

  /** What the file says of a search that the objective does not make. */
  private static List<String> idle(Experiment experiment) {
    Objective objective = experiment.training().objective();
    if (objective.adversarial() || !experiment.stages().isEmpty()) {
      return List.of();
    }
    SettingsReader train = experiment.settings().reader(new Problems("")).section("train");
    SettingsReader curriculum = train.section("curriculum");
    List<String> keys = new ArrayList<>();
    if (train.has("attack")) {
      keys.add("train.attack");
    }
    if (train.section("mix").has("clean")) {
      keys.add("train.mix.clean");
    }
    if (curriculum.has("steps")) {
      keys.add("train.curriculum.steps");
    }
    if (curriculum.has("epsilon") && !objective.bounded()) {
      keys.add("train.curriculum.epsilon");
    }
    return keys.isEmpty()
        ? List.of()
        : List.of(
            String.join(", ", keys)
                + ": no effect, "
                + objective.name()
                + " searches for no adversarial examples");
  }

  /** Whether adversarial examples take a single step, and nobody looks whether that is enough. */
  private static boolean isUnwatched(Experiment training) {
    TrainSettings settings = training.training();
    Methods methods = settings.methods();
    boolean watchable = methods.resizing() == null && settings.objective().tellsRobust();
    boolean single = settings.steps().maximum() == 1 || training.inner().rule() instanceof Free;
    return settings.objective().adversarial()
        && single
        && watchable
        && methods.guard() == null
        && methods.gradAlign() == 0;
  }

  private static void requireClasses(Experiment experiment, Dataset train, Problems problems) {
    if (!train.hasSeveralClasses()) {
      experiment.reject(
          problems,
          "data",
          "train",
          "samples of at least two classes",
          "1 class in " + train.size() + " samples",
          null);
    }
  }

  /**
   * Samples in the numbering of the training samples: found by name, since a folder numbers the
   * classes that it has. Classes may be missing, as in a small test set.
   */
  private static Dataset matching(
      Experiment experiment, String key, Dataset train, Dataset other, Problems problems) {
    if (!other.info().shape().equals(train.info().shape())) {
      experiment.reject(
          problems,
          "data",
          key,
          "samples of shape " + train.info().shape() + " as in data.train",
          other.info().shape().toString(),
          RESIZE);
    }
    List<String> known = train.info().classes();
    List<String> classes = other.info().classes();
    if (classes.size() > known.size()) {
      Optional<StrayLabels> stray = StrayLabels.of(other, known.size());
      experiment.reject(
          problems,
          "data",
          key,
          "labels from 0 to " + (known.size() - 1) + ", the classes of data.train",
          stray.map(StrayLabels::found).orElse(classes.size() + " classes"),
          stray.map(StrayLabels::hint).orElse(null));
      return other;
    }
    Problems names = new Problems("");
    Dataset matched = NamedClasses.matching(other, known, names);
    for (Problem p : names.list()) {
      String expected = "the classes of data.train, " + known;
      experiment.reject(problems, "data", key, expected, p.found(), p.hint());
    }
    return matched;
  }

  private static void requireDomain(Experiment experiment, Problems problems) {
    Domain domain = experiment.threat().domain();
    if (!domain.equals(Domain.UNIT)) {
      experiment.reject(
          problems, "threat", "domain", Domain.OF_PIXELS, domain.toString(), Domain.OF_BYTES);
    }
  }

  private static void requireSize(Experiment experiment, Dataset train, Problems problems) {
    try {
      experiment.threat().checkedFor(train.info().sampleSize());
    } catch (InvalidInputException e) {
      e.problems()
          .forEach(
              p ->
                  experiment.reject(
                      problems, "threat", p.field(), p.expected(), p.found(), p.hint()));
    }
    int classes = train.info().classCount();
    if (experiment.threat().goal() instanceof Goal.TargetClass goal && goal.target() >= classes) {
      String known = "a class from class:0 to class:" + (classes - 1);
      experiment.reject(problems, "threat", "goal", known, goal.key(), null);
    }
  }

  private static @Nullable Architecture architecture(
      Experiment experiment, Dataset train, Problems problems) {
    try {
      Shape input = Shape.of(train.info().shapeArray());
      Architecture built = experiment.model().build(input, Math.max(2, train.info().classCount()));
      for (String layer : experiment.freeze()) {
        requireLayer(experiment, built, layer, problems);
      }
      return built;
    } catch (InvalidInputException e) {
      e.problems()
          .forEach(
              p ->
                  experiment.reject(
                      problems, "model", "architecture", p.expected(), p.found(), p.hint()));
      return null;
    }
  }

  private static List<String> layers(Architecture built) {
    return built.graph().nodes().stream().map(Graph.Node::name).toList();
  }

  private static void requireLayer(
      Experiment experiment, Architecture built, String layer, Problems problems) {
    List<String> names = layers(built);
    if (!names.contains(layer)) {
      experiment.reject(
          problems,
          "model",
          "freeze",
          "names of layers: " + String.join(", ", names),
          layer,
          Nearest.hint(layer, names));
    }
  }

  /** Models that the objective learns from, told at the objective's line. */
  private static void requireGuides(Experiment experiment, Dataset train, Problems problems) {
    Objective objective = experiment.training().objective();
    Problems found = new Problems("");
    try (Guides guides = Guides.open(objective, Map.of(), Device.CPU)) {
      int classes = Math.max(2, train.info().classCount());
      guides.check(objective, train.info(), classes, found);
    } catch (InvalidInputException e) {
      found.addAll(e);
    }
    for (Problem p : found.list()) {
      String role = p.field().substring(p.field().lastIndexOf('.') + 1);
      String expected = role + ": " + p.expected();
      experiment.reject(problems, "train", "objective", expected, p.found(), p.hint());
    }
  }

  private static void requireAugmented(Experiment experiment, Dataset train, Problems problems) {
    String key = "augment";
    Problems found = new Problems("");
    experiment.augmentation().check(train.info().shape(), key, found);
    for (Problem p : found.list()) {
      experiment.reject(problems, "train", key, p.expected(), p.found(), p.hint());
    }
  }

  private static void requireAttacks(
      Experiment experiment,
      Dataset train,
      @Nullable Architecture architecture,
      Problems problems) {
    for (NamedAttack attack : experiment.evaluation().attacks()) {
      try {
        attack.attack().check(experiment.threat(), train.info().classCount());
        attack.attack().checkInputs(train.info().shapeArray());
        if (architecture != null) {
          attack.attack().checkLayers(layers(architecture));
        }
      } catch (InvalidInputException e) {
        e.problems()
            .forEach(
                p ->
                    experiment.reject(
                        problems,
                        "evaluate",
                        "attacks",
                        p.expected(),
                        attack.key() + ": " + p.found(),
                        p.hint()));
      }
    }
  }
}
