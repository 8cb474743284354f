package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.arch.Blueprint;
import io.holdfast.tensor.Device;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.InnerSearch;
import io.holdfast.train.TrainSettings;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment file says, checked as far as it can be without opening data. See {@code
 * docs/experiment.md} for every key.
 *
 * @param name of the experiment
 * @param seed of all random streams
 * @param train where the training samples lie
 * @param test where the test samples lie; never read during training
 * @param validationShare of the training samples held out, in [0, 1)
 * @param validation where the validation samples lie, or null for a share of the training set
 * @param model the architecture, its input and classes still open
 * @param start a bundle or weights file whose weights training starts from, or null
 * @param freeze names of layers that are not trained
 * @param threat what the attacker may do
 * @param inner the search for adversarial examples in training
 * @param training how to train
 * @param augmentation of training samples
 * @param evaluation what to attack the result with
 * @param settings the file as written, overrides included
 */
public record Experiment(
    String name,
    Seed seed,
    DataSource train,
    DataSource test,
    double validationShare,
    @Nullable DataSource validation,
    Blueprint model,
    @Nullable String start,
    List<String> freeze,
    ThreatModel threat,
    InnerSearch inner,
    TrainSettings training,
    Augmentation augmentation,
    EvaluationSection evaluation,
    Settings settings) {

  /**
   * Reads an experiment file.
   *
   * @param overrides each written {@code path=value}
   * @throws InvalidInputException with every problem of the file
   */
  public static Experiment read(Path file, List<String> overrides) {
    Settings settings = Settings.parse(file);
    for (String override : overrides) {
      settings = settings.withOverride(override);
    }
    return of(settings, file.toString());
  }

  /**
   * Checks settings.
   *
   * @param source their name in messages
   * @throws InvalidInputException with every problem
   */
  public static Experiment of(Settings settings, String source) {
    Problems problems = new Problems(source);
    SettingsReader r = settings.reader(problems);
    String name = r.text("name", "experiment");
    long seed = r.longInteger("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
    problems.collect(() -> Device.parse(r.text("device", "auto")));
    SettingsReader data = r.requiredSection("data");
    DataSource train = DataSource.read(data.textOrSection("train"));
    DataSource test = DataSource.read(data.textOrSection("test"));
    boolean ownValidation = data.has("validation") && !isNumber(data);
    double share =
        ownValidation ? 0 : data.number("validation", Dataset.DEFAULT_VALIDATION, 0, 0.9);
    DataSource validation =
        ownValidation ? DataSource.read(data.textOrSection("validation")) : null;
    SettingsReader model = r.requiredSection("model");
    Blueprint blueprint = Architectures.read(model.textOrSection("architecture"));
    String start = model.textOrNull("start");
    List<String> freeze = model.texts("freeze", List.of());
    ThreatModel threat = ThreatModel.read(r.textOrSection("threat"));
    SettingsReader training = r.section("train");
    InnerSearch inner = InnerSearch.read(training);
    TrainSettings train1 = TrainSettings.read(training, inner, threat.epsilon());
    Augmentation augmentation = Augmentation.read(training, "augment");
    EvaluationSection evaluation = EvaluationSection.read(r.section("evaluate"), threat);
    r.finish();
    problems.throwIfAny();
    return new Experiment(
        name,
        new Seed(seed),
        train,
        test,
        share,
        validation,
        blueprint,
        start,
        freeze,
        threat,
        inner,
        train1,
        augmentation,
        evaluation,
        settings);
  }

  private static boolean isNumber(SettingsReader data) {
    if (data.isSection("validation")) {
      return false;
    }
    String text = data.text("validation", "");
    return !text.isEmpty() && (Character.isDigit(text.charAt(0)) || text.charAt(0) == '.');
  }
}
