package io.holdfast.train;

import io.holdfast.tensor.Precision;
import io.holdfast.train.objective.Objective;

/** Collects {@link TrainSettings}; what is not set keeps the value it was made from. */
public final class TrainSettingsBuilder {
  private Objective objective;
  private Curve steps;
  private Curve radius;
  private Curve cleanShare;
  private int epochs;
  private int batch;
  private int shard;
  private boolean synchronised;
  private Optimiser.Config optimiser;
  private Precision precision;
  private double labelSmoothing;
  private double gradientClip;
  private double averaging;
  private int patience;
  private boolean keepBest;
  private int validationExamples;
  private int validationSteps;
  private int checkpointSteps;
  private double checkpointSeconds;
  private Methods methods;

  TrainSettingsBuilder(TrainSettings from) {
    objective = from.objective();
    steps = from.steps();
    radius = from.radius();
    cleanShare = from.cleanShare();
    epochs = from.epochs();
    batch = from.batch();
    shard = from.shard();
    synchronised = from.synchronised();
    optimiser = from.optimiser();
    precision = from.precision();
    labelSmoothing = from.labelSmoothing();
    gradientClip = from.gradientClip();
    averaging = from.averaging();
    patience = from.patience();
    keepBest = from.keepBest();
    validationExamples = from.validationExamples();
    validationSteps = from.validationSteps();
    checkpointSteps = from.checkpointSteps();
    checkpointSeconds = from.checkpointSeconds();
    methods = from.methods();
  }

  /** The loss with the adversary inside. */
  public TrainSettingsBuilder objective(Objective loss) {
    objective = loss;
    return this;
  }

  /** Steps of the inner maximiser over progress. */
  public TrainSettingsBuilder steps(Curve overProgress) {
    steps = overProgress;
    return this;
  }

  /** The radius over progress, as a share of the threat model's. */
  public TrainSettingsBuilder radius(Curve overProgress) {
    radius = overProgress;
    return this;
  }

  /** Share of samples that stay clean, over progress, in [0, 1]. */
  public TrainSettingsBuilder cleanShare(Curve overProgress) {
    cleanShare = overProgress;
    return this;
  }

  /** At least 1. */
  public TrainSettingsBuilder epochs(int number) {
    epochs = number;
    return this;
  }

  /** Samples per step, at least 1. */
  public TrainSettingsBuilder batch(int samples) {
    batch = samples;
    return this;
  }

  /** Samples per shard, at least 1. */
  public TrainSettingsBuilder shard(int samples) {
    shard = samples;
    return this;
  }

  /** Whether batch norm is over the whole batch, or each shard's own ("ghost"). */
  public TrainSettingsBuilder synchronised(boolean batchNorm) {
    synchronised = batchNorm;
    return this;
  }

  /** The optimiser and its schedule. */
  public TrainSettingsBuilder optimiser(Optimiser.Config config) {
    optimiser = config;
    return this;
  }

  /** Of forward and backward passes. */
  public TrainSettingsBuilder precision(Precision format) {
    precision = format;
    return this;
  }

  /** In [0, 1). */
  public TrainSettingsBuilder labelSmoothing(double share) {
    labelSmoothing = share;
    return this;
  }

  /** Largest L2 norm of the whole gradient, 0 for none. */
  public TrainSettingsBuilder gradientClip(double norm) {
    gradientClip = norm;
    return this;
  }

  /** Decay of the moving average of weights in [0, 1), 0 for none. */
  public TrainSettingsBuilder averaging(double decay) {
    averaging = decay;
    return this;
  }

  /** Ends training after so many epochs without a better validation, and keeps the best weights. */
  public TrainSettingsBuilder earlyStopping(int epochsOfPatience) {
    patience = epochsOfPatience;
    keepBest = epochsOfPatience > 0;
    return this;
  }

  /** Whether to keep the weights with the best robust validation accuracy. */
  public TrainSettingsBuilder keepBest(boolean best) {
    keepBest = best;
    return this;
  }

  /**
   * What is measured at each epoch's end.
   *
   * @param examples at most so many validation samples, 0 for none
   * @param stepsOfPgd at least 1
   */
  public TrainSettingsBuilder validation(int examples, int stepsOfPgd) {
    validationExamples = examples;
    validationSteps = stepsOfPgd;
    return this;
  }

  /** When checkpoints are written: after so many steps, or so many seconds. */
  public TrainSettingsBuilder checkpoint(int everySteps, double everySeconds) {
    checkpointSteps = everySteps;
    checkpointSeconds = everySeconds;
    return this;
  }

  /** What is done beyond the plain loop. */
  public TrainSettingsBuilder methods(Methods beyond) {
    methods = beyond;
    return this;
  }

  /**
   * The settings.
   *
   * @throws io.holdfast.common.InvalidInputException naming every number out of range
   */
  public TrainSettings build() {
    return new TrainSettings(
        objective,
        steps,
        radius,
        cleanShare,
        epochs,
        batch,
        shard,
        synchronised,
        optimiser,
        precision,
        labelSmoothing,
        gradientClip,
        averaging,
        patience,
        keepBest,
        validationExamples,
        validationSteps,
        checkpointSteps,
        checkpointSeconds,
        methods);
  }
}
