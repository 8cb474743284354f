package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.governor.Budgets;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.arch.Blueprint;
import io.holdfast.tensor.Device;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.InnerSearch;
import io.holdfast.train.LayerChoice;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.LibraryMix;
import io.holdfast.train.SampleChoice;
import io.holdfast.train.TrainSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment file says, checked as far as it can be without opening data. See {@code
 * docs/experiment.md} for every key.
 *
 * @param source the file's name in messages
 * @param name of the experiment
 * @param seed of all random streams
 * @param device that computes
 * @param train where the training samples lie
 * @param test where the test samples lie; never read during training, but where a ledger of them
 *     says which regions are weak
 * @param validationShare of the training samples held out, in [0, 1)
 * @param validation where the validation samples lie, or null for a share of the training set
 * @param extra samples to train on beside the training samples, or null
 * @param model the architecture, its input and classes still open
 * @param start a bundle or weights file whose weights training starts from, or null
 * @param startNames file with the names that the weights in {@code start} have there, or null for
 *     those built in
 * @param freeze names of layers that are not trained
 * @param threat what the attacker may do
 * @param inner the search for adversarial examples in training
 * @param training how to train
 * @param augmentation of training samples
 * @param library saved examples to train on, or null for none
 * @param samples what is drawn more often and attacked harder, or null
 * @param layers of a trained model that are trained, or null for all
 * @param evaluation what to attack the result with
 * @param governor what the run may use
 * @param programme stages, seeds and whatever else makes more of it than one training
 * @param settings the file as written, overrides included
 */
public record Experiment(
    String source,
    String name,
    Seed seed,
    Device device,
    DataSource train,
    DataSource test,
    double validationShare,
    @Nullable DataSource validation,
    @Nullable ExtraData extra,
    Blueprint model,
    @Nullable String start,
    @Nullable String startNames,
    List<String> freeze,
    ThreatModel threat,
    InnerSearch inner,
    TrainSettings training,
    Augmentation augmentation,
    @Nullable LibraryMix library,
    @Nullable SampleChoice samples,
    @Nullable LayerChoice layers,
    EvaluationSection evaluation,
    Budgets governor,
    Programme programme,
    Settings settings) {
  /** The seed unless the experiment names one. */
  public static final long DEFAULT_SEED = 0;

  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?DIGITS(\\s*/\\s*DIGITS)?"
              .replace("DIGITS", "(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?"));
  private static final List<String> THREAT_FILES = List.of(".yaml", ".yml", ".json");

  public Experiment {
    freeze = List.copyOf(freeze);
  }

  /**
   * Reads an experiment file.
   *
   * @param overrides each written {@code path=value}
   * @throws InvalidInputException with every problem of the file
   */
  public static Experiment read(Path file, List<String> overrides) {
    return of(Settings.parse(file), file.toString(), overrides);
  }

  /**
   * Checks settings.
   *
   * @param source their name in messages
   * @param overrides each written {@code path=value}
   * @throws InvalidInputException with every problem
   */
  public static Experiment of(Settings settings, String source, List<String> overrides) {
    Problems problems = new Problems(source);
    Experiment experiment = of(settings, source, overrides, problems);
    problems.throwIfAny();
    return experiment;
  }

  /**
   * As {@link #of(Settings, String, List)}; adds what is wrong, in the place of which something
   * harmless stands.
   */
  static Experiment of(
      Settings settings, String source, List<String> overrides, Problems problems) {
    Settings all = settings;
    for (String override : overrides) {
      Settings before = all;
      try {
        all = before.withOverride(override);
      } catch (InvalidInputException e) {
        problems.addAll(e);
      }
    }
    Experiment whole = read(all, source, problems);
    if (whole.governor.later() && whole.trainings().get(0).start != null) {
      whole.reject(problems, "governor", "samples", Hardening.AT_ONCE, "later", Hardening.NO_DELAY);
    }
    return whole;
  }

  /** Of settings without stages and the like. */
  static Experiment single(Settings settings, String source, Problems problems) {
    return read(settings, source, problems);
  }

  private static Experiment read(Settings settings, String source, Problems problems) {
    SettingsReader r = settings.reader(problems);
    SettingsReader data = r.requiredSection("data");
    SettingsReader model = r.requiredSection("model");
    SettingsReader training = r.section("train");
    ThreatModel threat = limited(threat(r), r);
    InnerSearch inner = InnerSearch.read(training);
    boolean share = isShare(data);
    Device device = device(r);
    Programme.Written programme = Programme.read(r, settings);
    Budgets governor = Budgets.read(r.section("governor"));
    programme.requireComparable(governor, r);
    Experiment experiment =
        new Experiment(
            source,
            r.text("name", "experiment"),
            new Seed(r.longInteger("seed", DEFAULT_SEED, Long.MIN_VALUE, Long.MAX_VALUE)),
            device,
            DataSource.read(data, "train"),
            DataSource.read(data, "test"),
            share ? data.number("validation", Dataset.DEFAULT_VALIDATION, 0, 0.9) : 0,
            share ? null : DataSource.read(data, "validation"),
            ExtraData.read(data),
            Architectures.read(model.textOrSection("architecture")),
            model.textOrNull("start"),
            StartingWeights.names(model),
            model.texts("freeze", List.of()),
            threat,
            inner,
            TrainSettings.read(training, inner, threat.epsilon(), device),
            Augmentation.read(training, "augment"),
            LibraryMix.read(training),
            SampleChoice.read(training),
            LayerChoice.read(training),
            EvaluationSection.read(r.section("evaluate")),
            governor,
            Programme.NONE,
            settings);
    r.finish();
    return experiment.with(programme.complete(settings, source, problems));
  }

  private Experiment with(Programme more) {
    return new Experiment(
        source,
        name,
        seed,
        device,
        train,
        test,
        validationShare,
        validation,
        extra,
        model,
        start,
        startNames,
        freeze,
        threat,
        inner,
        training,
        augmentation,
        library,
        samples,
        layers,
        evaluation,
        governor,
        more,
        settings);
  }

  /** Stages of training; none where there is only one. */
  public List<Stage> stages() {
    return programme.stages();
  }

  /** Each training of the experiment as an experiment of its own: the stages, or this alone. */
  public List<Experiment> trainings() {
    return stages().isEmpty() ? List.of(this) : stages().stream().map(Stage::experiment).toList();
  }

  /** Epochs of all trainings together. */
  int epochs() {
    return trainings().stream().mapToInt(one -> one.training().epochs()).sum();
  }

  /** A trial of the experiment's search. */
  Experiment trial(Map<String, String> values) {
    return of(
        TuningSpace.with(settings.without(TuningSection.KEY, TrackSection.KEY), values),
        source,
        List.of());
  }

  /** The same with another seed, and that alone. */
  Experiment seeded(long value) {
    Settings one =
        settings.without("seeds", TrackSection.KEY).withOverride("seed", Long.toString(value));
    return of(one, source, List.of());
  }

  /**
   * Training, curves and verdicts of an experiment need a size; distances are for the command
   * evaluate.
   */
  private static ThreatModel limited(ThreatModel threat, SettingsReader r) {
    if (!threat.unlimited()) {
      return threat;
    }
    r.reject(
        "threat",
        "a threat model with a finite epsilon",
        threat.set().key(),
        "the smallest changes of a trained model: evaluate --threat " + threat.set().key());
    return ThreatModel.linf(0);
  }

  private static boolean isShare(SettingsReader data) {
    return !data.isSection("validation")
        && (!data.has("validation") || NUMBER.matcher(data.text("validation")).matches());
  }

  private static Device device(SettingsReader r) {
    String text = r.text("device", "auto");
    try {
      return Device.parse(text);
    } catch (InvalidInputException e) {
      e.problems().forEach(p -> r.reject("device", p.expected(), p.found(), p.hint()));
      return Device.CPU;
    }
  }

  /** A section, a short form or a file. */
  private static ThreatModel threat(SettingsReader r) {
    if (!r.isSection("threat") && r.has("threat")) {
      String text = r.text("threat");
      if (THREAT_FILES.stream().anyMatch(text::endsWith)) {
        try {
          return ThreatModel.parse(text);
        } catch (InvalidInputException e) {
          for (Problem p : e.problems()) {
            if (p.field().isEmpty()) { // of the file as a whole
              r.reject("threat", p.expected(), ExperimentData.found(p), p.hint());
            } else {
              r.problems().add(p);
            }
          }
          return ThreatModel.linf(0);
        }
      }
    }
    return ThreatModel.read(r.textOrSection("threat"));
  }

  /**
   * The settings with what {@code auto} came to on this machine, for the provenance: equal ones
   * give equal results.
   */
  public Settings resolved() {
    return settings
        .without(TrackSection.KEY) // what is told elsewhere makes no other run
        .withOverride("device", device.toString())
        .withOverride("train.precision", training.precision().text());
  }

  /** As {@link #resolved()}, with the attacks whose saved examples are trained on. */
  Settings resolved(@Nullable LibraryFeed saved) {
    return saved == null
        ? resolved()
        : resolved()
            .withOverride("train.library.attacks", Json.compact(saved.examples().attacks()));
  }

  /**
   * A configuration with what {@code auto} came to in a stage.
   *
   * @param stage its place there, such as {@code stages[1]}
   */
  Settings resolvedAt(String stage, @Nullable LibraryFeed saved, Settings configuration) {
    Settings all = configuration.withOverride(stage + ".precision", training.precision().text());
    return saved == null
        ? all
        : all.withOverride(stage + ".library.attacks", Json.compact(saved.examples().attacks()));
  }

  /** Adds a problem of one of its fields, at the line where that stands. */
  void locate(Problem p, Problems problems) {
    SettingsReader reader = settings.reader(problems);
    String field = p.field();
    int dot = field.indexOf('.');
    while (dot > 0 && reader.isSection(field.substring(0, dot))) {
      reader = reader.section(field.substring(0, dot));
      field = field.substring(dot + 1);
      dot = field.indexOf('.');
    }
    reader.reject(field, p.expected(), p.found(), p.hint());
  }

  /**
   * Adds a problem at the line of a key.
   *
   * @param section whose key it is, such as {@code train.samples}; empty for the file itself
   */
  void reject(
      Problems problems,
      String section,
      String key,
      String expected,
      String found,
      @Nullable String hint) {
    SettingsReader reader = settings.reader(problems);
    for (String part : section.isEmpty() ? new String[0] : section.split("\\.", -1)) {
      if (!reader.isSection(part)) { // a short form, or nothing
        problems.addAt(reader.place(part), section + "." + key, expected, found, hint);
        return;
      }
      reader = reader.section(part);
    }
    reader.reject(key, expected, found, hint);
  }

  /**
   * Adds problems that were found elsewhere at the line of the key that they are due to.
   *
   * @param section as above
   * @param told what of a problem is told; its source and field are not
   */
  void rejectAll(
      Problems problems,
      String section,
      String key,
      List<Problem> found,
      UnaryOperator<Problem> told) {
    for (Problem p : found) {
      Problem as = told.apply(p);
      reject(problems, section, key, as.expected(), as.found(), as.hint());
    }
  }
}
