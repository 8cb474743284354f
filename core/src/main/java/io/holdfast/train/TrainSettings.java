package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Standard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to train; immutable.
 *
 * @param objective the loss with the adversary inside
 * @param steps of the inner maximiser over progress; rounded
 * @param radius over progress, as a share of the threat model's
 * @param cleanShare over progress: share of samples in [0, 1] that stay clean
 * @param epochs at least 1
 * @param batch samples per step, at least 1; the last partial batch of an epoch is dropped
 * @param shard samples per shard, at least 1; part of what makes runs equal
 * @param synchronised true for batch norm over the whole batch, false for each shard by itself
 * @param optimiser and its schedule
 * @param precision of forward and backward passes
 * @param labelSmoothing in [0, 1)
 * @param gradientClip largest L2 norm of the whole gradient, 0 for none
 * @param averaging decay of the exponential moving average of weights in [0, 1), 0 for none; the
 *     averaged weights are validated and kept
 * @param patience epochs without a better robust validation accuracy before training stops, 0 to
 *     run to the end
 * @param keepBest true to keep the weights with the best robust validation accuracy
 * @param validationExamples at most so many validation samples at each epoch's end, 0 for none
 * @param validationSteps of PGD at each epoch's end
 * @param checkpointSteps steps between checkpoints
 * @param checkpointSeconds seconds after which a checkpoint is due as well
 * @param methods what is done beyond the plain loop
 */
public record TrainSettings(
    Objective objective,
    Curve steps,
    Curve radius,
    Curve cleanShare,
    int epochs,
    int batch,
    int shard,
    boolean synchronised,
    Optimiser.Config optimiser,
    Precision precision,
    double labelSmoothing,
    double gradientClip,
    double averaging,
    int patience,
    boolean keepBest,
    int validationExamples,
    int validationSteps,
    int checkpointSteps,
    double checkpointSeconds,
    Methods methods) {
  private static final String STEPS = "steps";
  private static final String GHOST = "ghost";
  private static final String SYNCHRONISED = "synchronised";
  private static final String SIDE_BY_SIDE = "all shards of a batch are computed side by side";

  private static final String ONE_AVERAGE =
      "one of ema, swa and generalist, each of which gives the result";

  /** The most shards that are computed side by side. */
  private static final int MOST_TOGETHER = 256;

  /**
   * Checks the values.
   *
   * @throws InvalidInputException naming every value that does not fit
   */
  public TrainSettings {
    Problems problems = new Problems("train");
    atLeast(problems, "epochs", epochs, 1);
    atLeast(problems, "batch", batch, 1);
    atLeast(problems, "shard", shard, 1);
    String together = together(synchronised, objective);
    if (together != null && shard < leastShard(batch)) {
      String expected = "at least " + leastShard(batch) + " for " + together;
      problems.add("shard", expected, Integer.toString(shard), SIDE_BY_SIDE);
    }
    atLeast(problems, "early_stopping.patience", patience, 0);
    atLeast(problems, "validation.examples", validationExamples, 0);
    atLeast(problems, "validation.steps", validationSteps, 1);
    atLeast(problems, "checkpoint.steps", checkpointSteps, 1);
    share(problems, "label_smoothing", labelSmoothing);
    share(problems, "ema", averaging);
    if (averages(averaging, methods) > 1) {
      problems.add(secondAverage(methods), ONE_AVERAGE, "more than one");
    }
    if (!(gradientClip >= 0)) {
      problems.add("gradient_clip", "a number of at least 0", Double.toString(gradientClip));
    }
    if (!(checkpointSeconds > 0)) {
      problems.add("checkpoint.seconds", "a positive number", Double.toString(checkpointSeconds));
    }
    problems.throwIfAny();
  }

  private static int averages(double decay, Methods methods) {
    boolean[] given = {decay > 0, methods.swa() != null, methods.generalist() != null};
    int count = 0;
    for (boolean one : given) {
      count += one ? 1 : 0;
    }
    return count;
  }

  private static String secondAverage(Methods methods) {
    return methods.swa() == null ? "generalist" : "swa";
  }

  /** The smallest shard with which a batch's shards can be computed side by side. */
  private static int leastShard(int batch) {
    return (batch + MOST_TOGETHER - 1) / MOST_TOGETHER;
  }

  /** Why the shards of a batch are computed side by side; null where they are not. */
  private static @Nullable String together(boolean synchronised, Objective objective) {
    if (synchronised) {
      return "synchronised batch norm";
    }
    return objective.acrossBatch() ? "objective " + objective.name() : null;
  }

  private static void atLeast(Problems problems, String field, int value, int least) {
    if (value < least) {
      problems.add(field, "a whole number of at least " + least, Integer.toString(value));
    }
  }

  private static void share(Problems problems, String field, double value) {
    if (!(value >= 0 && value < 1)) {
      problems.add(field, "a number in [0, 1)", Double.toString(value));
    }
  }

  /**
   * Reads the section {@code train} of an experiment file.
   *
   * @param inner what its key {@code attack} says
   * @param epsilon of the threat model, to which the curriculum's radii refer; 0 without one
   * @param device that trains
   */
  public static TrainSettings read(
      SettingsReader r, InnerSearch inner, double epsilon, Device device) {
    TrainSettings d = defaults();
    Objective objective = Objectives.read(r, "objective", "pgd-at");
    SettingsReader curriculum = r.section("curriculum");
    Curve radius = Curve.read(curriculum, "epsilon", Curve.constant(epsilon), 0, 1e9);
    if (epsilon > 0 && radius.maximum() > epsilon * (1 + 1e-12)) {
      curriculum.reject(
          "epsilon",
          "at most the threat model's " + epsilon,
          Double.toString(radius.maximum()),
          "train against a larger threat model if that is meant");
    }
    SettingsReader early = r.section("early_stopping");
    SettingsReader validation = r.section("validation");
    SettingsReader checkpoint = r.section("checkpoint");
    int patience = early.integer("patience", 0, 0, 1_000_000);
    int batch = r.integer("batch", d.batch, 1, 1 << 20);
    int shard = r.integer("shard", d.shard, 1, 1 << 20);
    boolean synchronised =
        r.choice("batch_norm", GHOST, List.of(GHOST, SYNCHRONISED)).equals(SYNCHRONISED);
    int least = leastShard(batch);
    String together = together(synchronised, objective);
    if (together != null && shard < least) {
      r.reject(
          "shard", "at least " + least + " for " + together, Integer.toString(shard), SIDE_BY_SIDE);
      shard = least;
    }
    double averaging = r.number("ema", 0, 0, 0.999999);
    Methods methods = Methods.read(r, curriculum);
    if (averages(averaging, methods) > 1) {
      r.reject(secondAverage(methods), ONE_AVERAGE, "more than one", null);
      averaging = 0;
      methods = Methods.NONE;
    }
    return new TrainSettings(
        objective,
        steps(curriculum, inner),
        epsilon > 0 ? radius.dividedBy(epsilon) : Curve.constant(0),
        Curve.read(r.section("mix"), "clean", Curve.constant(0), 0, 1),
        r.integer("epochs", d.epochs, 1, 1_000_000),
        batch,
        shard,
        synchronised,
        Optimiser.Config.read(r, "optimiser"),
        precision(r, device),
        r.number("label_smoothing", 0, 0, 0.99),
        r.number("gradient_clip", 0, 0, 1e9),
        averaging,
        patience,
        r.choice("keep", patience > 0 ? "best" : "last", List.of("best", "last")).equals("best"),
        validation.integer("examples", d.validationExamples, 0, 1_000_000),
        validation.integer(STEPS, d.validationSteps, 1, 10_000),
        checkpoint.integer(STEPS, d.checkpointSteps, 1, 1_000_000_000),
        checkpoint.positive("seconds", d.checkpointSeconds),
        methods);
  }

  private static Curve steps(SettingsReader curriculum, InnerSearch inner) {
    if (curriculum.has(STEPS) && !inner.takesSteps()) {
      curriculum.reject(
          STEPS, "attack: pgd or friendly, whose steps it changes", inner.name(), null);
    }
    Curve steps = Curve.read(curriculum, STEPS, Curve.constant(inner.steps()), 0, 10_000);
    steps.points().stream()
        .map(Curve.Point::value)
        .filter(value -> value != Math.rint(value))
        .findFirst()
        .ifPresent(
            value ->
                curriculum.reject(
                    STEPS,
                    "whole numbers, between which a ramp is rounded",
                    Double.toString(value),
                    null));
    return steps;
  }

  private static Precision precision(SettingsReader r, Device device) {
    Problems of = new Problems("");
    Precision precision = Precision.parse(r.text("precision", "auto"), "precision", of, device);
    of.list().forEach(p -> r.reject(p.field(), p.expected(), p.found(), p.hint()));
    return precision;
  }

  /** Plain training with the defaults of the experiment file. */
  public static TrainSettings defaults() {
    return new TrainSettings(
        new Standard(),
        Curve.constant(7),
        Curve.constant(1),
        Curve.constant(0),
        4,
        128,
        32,
        false,
        Optimiser.Config.sgd(0.05),
        Precision.auto(),
        0,
        0,
        0,
        0,
        false,
        500,
        10,
        200,
        30,
        Methods.NONE);
  }

  /** Steps of an epoch over so many samples: its full batches, at least one. */
  public int stepsPerEpoch(int samples) {
    return Shards.stepsPerEpoch(samples, batch);
  }

  /** A builder that begins with these settings. */
  public TrainSettingsBuilder toBuilder() {
    return new TrainSettingsBuilder(this);
  }

  /**
   * All that makes runs equal, by the keys of an experiment file, {@code train.batch} and so on;
   * when checkpoints are written is not part of it.
   */
  public Map<String, Object> recipe() {
    Map<String, Object> recipe = new LinkedHashMap<>();
    recipe.put("train.objective", objective);
    recipe.put("train.curriculum.steps", steps);
    recipe.put("train.curriculum.epsilon", radius);
    recipe.put("train.mix.clean", cleanShare);
    recipe.put("train.epochs", epochs);
    recipe.put("train.batch", batch);
    recipe.put("train.shard", shard);
    recipe.put("train.batch_norm", synchronised ? SYNCHRONISED : GHOST);
    recipe.put("train.optimiser", optimiser);
    recipe.put("train.precision", precision.text());
    recipe.put("train.label_smoothing", labelSmoothing);
    recipe.put("train.gradient_clip", gradientClip);
    recipe.put("train.ema", averaging);
    recipe.put("train.early_stopping.patience", patience);
    recipe.put("train.keep", keepBest ? "best" : "last");
    recipe.put("train.validation.examples", validationExamples);
    recipe.put("train.validation.steps", validationSteps);
    recipe.putAll(methods.recipe());
    return recipe;
  }
}
