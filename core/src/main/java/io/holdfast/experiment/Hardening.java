package io.holdfast.experiment;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
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
import io.holdfast.train.objective.PgdAt;
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

  // What was set, for HardeningRun to read; only change() below writes, to a fresh copy.
  final Architecture architecture;
  @Nullable ThreatModel threat;
  TrainSettings settings = TrainSettings.defaults().toBuilder().objective(new PgdAt()).build();
  Pgd attack = Pgd.steps(7);
  @Nullable InnerMaximiser inner;
  Augmentation augmentation = Augmentation.NONE;
  @Nullable LibraryFeed library;
  double share = Dataset.DEFAULT_VALIDATION;
  @Nullable Dataset validation;
  @Nullable Bundle start;
  boolean hardened;
  Map<String, Bundle> guides = Map.of();
  List<String> freeze = List.of();
  @Nullable LayerChoice layers;
  @Nullable Regions regions;
  Seed seed = new Seed(Experiment.DEFAULT_SEED);
  @Nullable Seed splitting;
  Device device = Device.CPU;
  int workers;
  @Nullable Path folder;
  boolean resume;
  Progress progress = Progress.silent();
  Stopper stopper = Stopper.manual();
  @Nullable Provenance provenance;
  @Nullable Governor governor;

  private Hardening(Architecture architecture) {
    this.architecture = architecture;
  }

  private Hardening(Hardening other) {
    architecture = other.architecture;
    threat = other.threat;
    settings = other.settings;
    attack = other.attack;
    inner = other.inner;
    augmentation = other.augmentation;
    library = other.library;
    share = other.share;
    validation = other.validation;
    start = other.start;
    hardened = other.hardened;
    guides = other.guides;
    freeze = other.freeze;
    layers = other.layers;
    regions = other.regions;
    seed = other.seed;
    splitting = other.splitting;
    device = other.device;
    workers = other.workers;
    folder = other.folder;
    resume = other.resume;
    progress = other.progress;
    stopper = other.stopper;
    provenance = other.provenance;
    governor = other.governor;
  }

  /** Training of a network of this architecture. */
  public static Hardening of(Architecture architecture) {
    return new Hardening(architecture);
  }

  private Hardening change(Consumer<Hardening> edit) {
    Hardening copy = new Hardening(this);
    edit.accept(copy);
    return copy;
  }

  private Hardening settings(Consumer<TrainSettingsBuilder> edit) {
    TrainSettingsBuilder builder = settings.toBuilder();
    edit.accept(builder);
    return settings(builder.build());
  }

  /** What the attacker may do; needed by every objective with an adversary inside. */
  public Hardening against(ThreatModel model) {
    return change(h -> h.threat = model);
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
    return change(
        h -> {
          h.attack = search;
          h.inner = null;
        });
  }

  /** As {@link #attack}, for a search that is no attack of the registry. */
  Hardening inner(InnerMaximiser search) {
    return change(h -> h.inner = search);
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
    return change(h -> h.settings = all);
  }

  /** Changes to each training sample. */
  public Hardening augmentation(Augmentation transforms) {
    return change(h -> h.augmentation = transforms);
  }

  /** Saved examples that take places in each batch, or null for none. */
  public Hardening library(@Nullable LibraryFeed saved) {
    return change(h -> h.library = saved);
  }

  /** The share of the training samples to hold out for validation, in [0, 1); 0 for none. */
  public Hardening validation(double shareOfTraining) {
    return change(
        h -> {
          h.share = shareOfTraining;
          h.validation = null;
        });
  }

  /** Validation samples of their own, or null for none. */
  public Hardening validation(@Nullable Dataset samples) {
    return change(
        h -> {
          h.share = 0;
          h.validation = samples;
        });
  }

  /** Starts from the weights of a bundle instead of fresh ones. */
  public Hardening startFrom(@Nullable Bundle weights) {
    return change(h -> h.start = weights);
  }

  /** Goes on with what an earlier stage has trained: what that withstands is told of this too. */
  Hardening after(Bundle stage) {
    return change(
        h -> {
          h.start = stage;
          h.hardened = stage.threat() != null;
        });
  }

  /**
   * A model that the objective learns from, such as a teacher; it stays the caller's.
   *
   * @param role as the objective names it, such as {@code teacher}
   */
  public Hardening guide(String role, Bundle model) {
    Map<String, Bundle> all = new LinkedHashMap<>(guides);
    all.put(role, model);
    return change(h -> h.guides = all);
  }

  /** Layers that are not trained. */
  public Hardening freeze(List<String> layers) {
    return change(h -> h.freeze = List.copyOf(layers));
  }

  /**
   * Trains the layers that amplify perturbations most, the others not at all or gently; all of them
   * alike where it is null.
   */
  public Hardening layers(@Nullable LayerChoice bySensitivity) {
    return change(h -> h.layers = bySensitivity);
  }

  /**
   * Draws samples of weak regions of classes more often and searches longer for theirs, in place of
   * a selection of the settings; null for none. A model among them stays the caller's.
   */
  public Hardening regions(@Nullable Regions weak) {
    return change(h -> h.regions = weak);
  }

  /** Of all random streams; equal seeds give equal weights, bit for bit. */
  public Hardening seed(long value) {
    return change(h -> h.seed = new Seed(value));
  }

  /**
   * Threads that share the work; any number gives the same weights.
   *
   * @param count 0 for one per core
   */
  public Hardening workers(int count) {
    return change(h -> h.workers = count);
  }

  /** What computes, the processor by default; the model stays there. */
  public Hardening device(Device other) {
    return change(h -> h.device = other);
  }

  /** Where to write {@code metrics.jsonl} and checkpoints; by default all stays in memory. */
  public Hardening folder(Path output) {
    return change(h -> h.folder = output);
  }

  /** Whether to go on from the folder's checkpoint, if there is one. */
  public Hardening resume(boolean goOn) {
    return change(h -> h.resume = goOn);
  }

  public Hardening progress(Progress display) {
    return change(h -> h.progress = display);
  }

  /** Looked at before each step; a checkpoint is written when it stops. */
  public Hardening stopper(Stopper flag) {
    return change(h -> h.stopper = flag);
  }

  /**
   * Decides how much effort is spent, within its budgets; by default all that is planned. It stays
   * the caller's.
   */
  public Hardening governor(@Nullable Governor decides) {
    return change(h -> h.governor = decides);
  }

  /** What the bundle says of its origin; by default what this object knows. */
  public Hardening provenance(Provenance origin) {
    return change(h -> h.provenance = origin);
  }

  @Nullable Path folder() {
    return folder;
  }

  @Nullable Governor governor() {
    return governor;
  }

  Seed seed() {
    return seed;
  }

  Graph graph() {
    return architecture.graph();
  }

  TrainSettings settings() {
    return settings;
  }

  Progress display() {
    return progress;
  }

  /** The samples of the validation share are chosen by this seed, whatever training's own is. */
  Hardening splitting(Seed by) {
    return change(h -> h.splitting = by);
  }

  Stopper flag() {
    return stopper;
  }

  /** Whether there are figures at each epoch's end. */
  boolean validates() {
    return settings.validationExamples() > 0 && (validation != null || share > 0);
  }

  boolean resumes() {
    return resume;
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
    return run().fit(train);
  }

  /** What it does with data. */
  HardeningRun run() {
    return new HardeningRun(this);
  }
}
