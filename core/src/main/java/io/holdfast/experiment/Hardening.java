package io.holdfast.experiment;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.Records;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.graph.Graph;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Curve;
import io.holdfast.train.LayerChoice;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.Optimiser;
import io.holdfast.train.Regions;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.TrainSettingsBuilder;
import io.holdfast.train.objective.Objective;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model that withstands a threat model. Immutable: each method gives a changed copy.
 *
 * <pre>{@code
 * Bundle hardened = Hardening.of(Architectures.smallCnn(1, 10))
 *     .against(ThreatModel.linf(0.1)).objective(Trades.beta(6)).attack(Pgd.steps(7))
 *     .epochs(4).seed(7).fit(train);
 * }</pre>
 *
 * <p>Unless said otherwise: PGD-AT with PGD-7, four epochs, batches of 128, SGD; 5% of the training
 * samples are held out for validation.
 */
public final class Hardening {
  static final String AT_ONCE = "fewer, where training begins with another model";
  static final String NO_DELAY =
      "what the model has learnt of adversarial samples would be lost while they are put off";

  private final HardeningRun run;

  private Hardening(HardeningRun run) {
    this.run = run;
  }

  /** Training of a network of this architecture. */
  public static Hardening of(Architecture architecture) {
    return new Hardening(HardeningRun.of(architecture));
  }

  private Hardening with(String what, @Nullable Object value) {
    return new Hardening(Records.with(run, what, value));
  }

  private Hardening settings(Consumer<TrainSettingsBuilder> edit) {
    TrainSettingsBuilder builder = run.settings().toBuilder();
    edit.accept(builder);
    return settings(builder.build());
  }

  /** What the attacker may do; needed by every objective with an adversary inside. */
  public Hardening against(ThreatModel model) {
    return with("threat", model);
  }

  /** The training loss, such as {@code Trades.beta(6)} or {@code new Standard()}. */
  public Hardening objective(Objective loss) {
    return settings(s -> s.objective(loss));
  }

  /**
   * The search for adversarial examples in training: its steps, their length and its start. Samples
   * are not dropped there, and the objective has the loss, so that other settings than these are
   * refused by {@link #fit}; so is a clean start where the objective has its own.
   */
  public Hardening attack(Pgd search) {
    return with("attack", search).with("inner", null);
  }

  /** As {@link #attack}, for a search that is no attack of the registry. */
  Hardening inner(InnerMaximiser search) {
    return with("inner", search);
  }

  /** Passes over the training samples, at least 1. */
  public Hardening epochs(int number) {
    return settings(s -> s.epochs(number));
  }

  /** Samples per step, at least 1. */
  public Hardening batch(int samples) {
    return settings(s -> s.batch(samples));
  }

  /** Such as {@code Optimiser.Config.sgd(0.05)}. */
  public Hardening optimiser(Optimiser.Config config) {
    return settings(s -> s.optimiser(config));
  }

  /** Of training, {@link Precision#auto} by default. */
  public Hardening precision(Precision format) {
    return settings(s -> s.precision(format));
  }

  /** The radius over progress as a share of the threat model's: a curriculum. */
  public Hardening radius(Curve shareOfEpsilon) {
    return settings(s -> s.radius(shareOfEpsilon));
  }

  /** All of the settings at once; the attack's steps replace those in there. */
  public Hardening settings(TrainSettings all) {
    return with("settings", all);
  }

  /** Changes to each training sample. */
  public Hardening augmentation(Augmentation transforms) {
    return with("augmentation", transforms);
  }

  /** Saved examples that take places in each batch, or null for none. */
  public Hardening library(@Nullable LibraryFeed saved) {
    return with("library", saved);
  }

  /** The share of the training samples to hold out for validation, in [0, 1); 0 for none. */
  public Hardening validation(double shareOfTraining) {
    return with("share", shareOfTraining).with("validation", null);
  }

  /** Validation samples of their own, or null for none. */
  public Hardening validation(@Nullable Dataset samples) {
    return with("share", 0.0).with("validation", samples);
  }

  /** Starts from the weights of a bundle instead of fresh ones. */
  public Hardening startFrom(@Nullable Bundle weights) {
    return with("start", weights);
  }

  /** Goes on with what an earlier stage has trained: what that withstands is told of this too. */
  Hardening after(Bundle stage) {
    return with("start", stage).with("hardened", stage.threat() != null);
  }

  /**
   * A model that the objective learns from, such as a teacher; it stays the caller's.
   *
   * @param role as the objective names it, such as {@code teacher}
   */
  public Hardening guide(String role, Bundle model) {
    Map<String, Bundle> all = new LinkedHashMap<>(run.guides());
    all.put(role, model);
    return with("guides", all);
  }

  /** Layers that are not trained. */
  public Hardening freeze(List<String> layers) {
    return with("freeze", layers);
  }

  /**
   * Trains the layers that amplify perturbations most, the others not at all or gently; all of them
   * alike where it is null.
   */
  public Hardening layers(@Nullable LayerChoice bySensitivity) {
    return with("layers", bySensitivity);
  }

  /**
   * Draws samples of weak regions of classes more often and searches longer for theirs, in place of
   * a selection of the settings; null for none. A model among them stays the caller's.
   */
  public Hardening regions(@Nullable Regions weak) {
    return with("regions", weak);
  }

  /**
   * Of all random streams; equal seeds give equal weights on one kind of processor, bit for bit.
   */
  public Hardening seed(long value) {
    return with("seed", new Seed(value));
  }

  /**
   * Threads that share the work; any number gives the same weights.
   *
   * @param count 0 for one per core
   */
  public Hardening workers(int count) {
    return with("workers", count);
  }

  /** What computes, the processor by default; the model stays there. */
  public Hardening device(Device other) {
    return with("device", other);
  }

  /** Where to write {@code metrics.jsonl} and checkpoints; by default all stays in memory. */
  public Hardening folder(Path output) {
    return with("folder", output);
  }

  /** Whether to go on from the folder's checkpoint, if there is one. */
  public Hardening resume(boolean goOn) {
    return with("resume", goOn);
  }

  public Hardening progress(Progress display) {
    return with("progress", display);
  }

  /** Looked at before each step; a checkpoint is written when it stops. */
  public Hardening stopper(Stopper flag) {
    return with("stopper", flag);
  }

  /**
   * Decides how much effort is spent, within its budgets; by default all that is planned. It stays
   * the caller's.
   */
  public Hardening governor(@Nullable Governor decides) {
    return with("governor", decides);
  }

  /** What the bundle says of its origin; by default what this object knows. */
  public Hardening provenance(Provenance origin) {
    return with("provenance", origin);
  }

  @Nullable Path folder() {
    return run.folder();
  }

  @Nullable Governor governor() {
    return run.governor();
  }

  Seed seed() {
    return run.seed();
  }

  Graph graph() {
    return run.architecture().graph();
  }

  TrainSettings settings() {
    return run.settings();
  }

  Progress display() {
    return run.progress();
  }

  /** The samples of the validation share are chosen by this seed, whatever training's own is. */
  Hardening splitting(Seed by) {
    return with("splitting", by);
  }

  Stopper flag() {
    return run.stopper();
  }

  /** Whether there are figures at each epoch's end. */
  boolean validates() {
    return run.settings().validationExamples() > 0 && (run.validation() != null || run.share() > 0);
  }

  boolean resumes() {
    return run.resume();
  }

  /**
   * Trains.
   *
   * @return the model with its provenance; the caller closes it
   * @throws InvalidInputException if architecture, threat model and data do not go together
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   * @throws io.holdfast.common.HoldfastException if training diverges or a file cannot be written
   */
  public Bundle fit(Dataset train) {
    return run.fit(train);
  }

  /** What it does with data. */
  HardeningRun run() {
    return run;
  }
}
