package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Precision;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Standard;
import java.util.List;

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
 */
public record TrainSettings(
    Objective objective,
    Curve steps,
    Curve radius,
    Curve cleanShare,
    int epochs,
    int batch,
    int shard,
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
    double checkpointSeconds) {

  public TrainSettings {
    atLeast("epochs", epochs, 1);
    atLeast("batch", batch, 1);
    atLeast("shard", shard, 1);
    atLeast("patience", patience, 0);
    atLeast("validation examples", validationExamples, 0);
    atLeast("validation steps", validationSteps, 1);
    atLeast("checkpoint steps", checkpointSteps, 1);
  }

  private static void atLeast(String field, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(field + ": at least " + least + ", found " + value);
    }
  }

  /**
   * Reads the section {@code train} of an experiment file.
   *
   * @param inner what its key {@code attack} says
   * @param epsilon of the threat model, to which the curriculum's radii refer; 0 without one
   */
  public static TrainSettings read(SettingsReader r, InnerSearch inner, double epsilon) {
    TrainSettings d = defaults();
    Objective objective = Objectives.read(r, "objective", d.objective.name());
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
    return new TrainSettings(
        objective,
        Curve.read(curriculum, "steps", Curve.constant(inner.steps()), 0, 10_000),
        epsilon > 0 ? radius.times(1 / epsilon) : Curve.constant(0),
        Curve.read(r.section("mix"), "clean", Curve.constant(0), 0, 1),
        r.integer("epochs", d.epochs, 1, 1_000_000),
        r.integer("batch", d.batch, 1, 1 << 20),
        r.integer("shard", d.shard, 1, 1 << 20),
        Optimiser.Config.read(r, "optimiser"),
        Precision.parse(r.text("precision", "auto"), "train.precision", r.problems()),
        r.number("label_smoothing", 0, 0, 0.99),
        r.number("gradient_clip", 0, 0, 1e9),
        r.number("ema", 0, 0, 0.999999),
        patience,
        r.choice("keep", patience > 0 ? "best" : "last", List.of("best", "last")).equals("best"),
        validation.integer("examples", d.validationExamples, 0, 1_000_000),
        validation.integer("steps", d.validationSteps, 1, 10_000),
        checkpoint.integer("steps", d.checkpointSteps, 1, 1_000_000_000),
        checkpoint.positive("seconds", d.checkpointSeconds));
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
        30);
  }

  /** A builder that starts from these settings. */
  public TrainSettingsBuilder toBuilder() {
    return new TrainSettingsBuilder(this);
  }

  /** All that makes runs equal, as text; when checkpoints are written is not part of it. */
  String fingerprint() {
    return toBuilder().checkpoint(1, 1).build().toString();
  }
}
