package io.holdfast.experiment;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Curve;
import io.holdfast.train.Guides;
import io.holdfast.train.LayerChoice;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.LowRank;
import io.holdfast.train.Methods;
import io.holdfast.train.Optimiser;
import io.holdfast.train.Regions;
import io.holdfast.train.Resizing;
import io.holdfast.train.Slowed;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.TrainSettingsBuilder;
import io.holdfast.train.Trainer;
import io.holdfast.train.TrainingCost;
import io.holdfast.train.TrainingRecord;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import java.nio.file.Path;
import java.util.Arrays;
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
  private static final String TRAIN = "train.";

  private final Architecture architecture;
  private @Nullable ThreatModel threat;
  private TrainSettings settings =
      TrainSettings.defaults().toBuilder().objective(new PgdAt()).build();
  private Pgd attack = Pgd.steps(7);
  private @Nullable InnerMaximiser inner;
  private Augmentation augmentation = Augmentation.NONE;
  private @Nullable LibraryFeed library;
  private double share = Dataset.DEFAULT_VALIDATION;
  private @Nullable Dataset validation;
  private @Nullable Bundle start;
  private boolean hardened;
  private Map<String, Bundle> guides = Map.of();
  private List<String> freeze = List.of();
  private @Nullable LayerChoice layers;
  private @Nullable Regions regions;
  private Seed seed = new Seed(Experiment.DEFAULT_SEED);
  private @Nullable Seed splitting;
  private Device device = Device.CPU;
  private int workers;
  private @Nullable Path folder;
  private boolean resume;
  private Progress progress = Progress.silent();
  private Stopper stopper = Stopper.manual();
  private @Nullable Provenance provenance;
  private @Nullable Governor governor;

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

  /**
   * Trains.
   *
   * @return the model with its provenance; the caller closes it
   * @throws InvalidInputException if architecture, threat model and data do not go together
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   * @throws io.holdfast.common.HoldfastException if training diverges or a file cannot be written
   */
  public Bundle fit(Dataset train) {
    requireData(train);
    prepare(train);
    try (Guides others = Guides.open(settings.objective(), guides, device)) {
      Provenance known =
          provenance == null ? origin(train, others) : provenance; // a stop is heard here
      return fit(train, others, known);
    }
  }

  /**
   * Trains up to so many epochs in all and pauses; the folder holds metrics and checkpoint.
   *
   * @param epochs beyond the last one, all
   */
  void advance(Dataset train, int epochs) {
    requireData(train);
    prepare(train);
    try (Guides others = Guides.open(settings.objective(), guides, device);
        Network network = architecture.initialise(seed.split("weights")).to(device)) {
      train(network, train, others, Math.min(epochs, settings.epochs()));
    }
  }

  private void train(Network network, Dataset train, Guides others, int until) {
    try (Workers pool = Workers.on(device, workers)) {
      prepare(network);
      TrainJob job = job(network, train, pool).with(others).until(until);
      if (layers != null && threat != null) {
        Slowed slowed = layers.choose(network, job.train(), threat, seed, pool, progress);
        Methods methods = job.settings().methods().with(slowed);
        job = job.with(job.settings().toBuilder().methods(methods).build());
      }
      if (regions != null) {
        Network of = start == null ? null : start.network();
        Regions.Found found = regions.find(of, job.train(), seed, pool, stopper, progress);
        Methods methods = job.settings().methods().with(found.selection());
        job = job.with(job.settings().toBuilder().methods(methods).build()).with(found.train());
      }
      LowRank lowRank = settings.methods().lowRank();
      if (lowRank != null) {
        progress.note(lowRank.told(network));
      }
      Trainer.train(job, governor);
    }
  }

  private Bundle fit(Dataset train, Guides others, Provenance known) {
    Network network = architecture.initialise(seed.split("weights")).to(device);
    try {
      train(network, train, others, 0);
      return Bundle.of(network)
          .architecture(architecture.name())
          .threat(needsThreat() || hardened ? threat : null)
          .classNames(train.info().classes())
          .provenance(known)
          .build();
    } catch (RuntimeException | Error e) {
      network.close();
      throw e;
    }
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

  /** What the first so many epochs cost. */
  TrainingCost cost(Dataset train, int epochs) {
    boolean split = validation == null && share > 0;
    int samples = split ? heldOut(train).get(1).size() : train.size();
    ThreatModel model = threat == null ? ThreatModel.linf(0) : threat;
    InnerMaximiser search = inner == null ? attack.inner(model) : inner;
    TrainSettings whole = all(search);
    return TrainingCost.of(
        whole,
        search,
        threat,
        NetworkClassifier.classes(architecture.graph()),
        samples,
        epochs,
        z -> library == null ? 0 : library.mix().ratio().at(z),
        z -> Resizing.area(whole.methods().resizing(), architecture.graph(), z));
  }

  /** The settings, with the attack's steps where it is no search of its own. */
  private TrainSettings all(InnerMaximiser search) {
    return inner == null
        ? settings.toBuilder().steps(Curve.constant(search.steps())).build()
        : settings;
  }

  boolean resumes() {
    return resume;
  }

  /**
   * The model that an earlier run of this training has left, moved to where this trains.
   *
   * @throws InvalidInputException if that was another training; where a run has said what its
   *     origin is, it has compared that itself
   */
  Bundle trained(Dataset train, Path model) {
    Bundle left = Bundle.read(model);
    try (Guides others = Guides.open(settings.objective(), guides, device)) {
      if (provenance == null) {
        origin(train, others)
            .requireSame(
                left.provenance(),
                model.toString(),
                "go on without resume to start afresh, or choose another folder");
      }
      left.network().to(device);
      return left;
    } catch (RuntimeException | Error e) {
      left.close();
      throw e;
    }
  }

  /** Fresh weights, to stand where those of an earlier stage will be. */
  Bundle untrained() {
    return Bundle.of(architecture.initialise(seed.split("weights")).to(device))
        .architecture(architecture.name())
        .threat(threat)
        .provenance(Provenance.of(Engine.version(), seed, Map.of(), Settings.of(Map.of())))
        .build();
  }

  /** Refuses what {@link #fit} would refuse before its first step; changes nothing. */
  void check(Dataset train) {
    requireData(train);
    try (Guides others = Guides.open(settings.objective(), guides, Device.CPU);
        Network network = architecture.initialise(seed.split("weights"));
        Workers pool = Workers.of(1)) {
      prepare(network);
      Trainer.check(job(network, train, pool).with(others));
    }
  }

  private boolean needsThreat() {
    return settings.objective().adversarial() || settings.objective().bounded();
  }

  private List<Dataset> heldOut(Dataset train) {
    return holdOut(train, splitting == null ? seed : splitting, share);
  }

  /** The validation samples and the rest of the training samples, stratified. */
  static List<Dataset> holdOut(Dataset train, Seed seed, double share) {
    return train.split(seed.split("hold-out"), share, 1 - share);
  }

  private void requireData(Dataset train) {
    Problems problems = new Problems("training");
    if (needsThreat() && threat == null) {
      problems.add("threat", "a threat model for " + settings.objective().name(), "none");
    }
    if (!train.hasSeveralClasses()) {
      problems.add("data", "samples of at least two classes", "one class");
    }
    long[] wanted = architecture.graph().inputs().get(0).type().shape().toArray();
    if (!Arrays.equals(wanted, train.info().shapeArray())) {
      problems.add(
          "data",
          "samples of shape " + Arrays.toString(wanted) + ", what the model takes",
          train.info().shape().toString());
    }
    if (layers != null && (start == null || threat == null)) {
      problems.add(
          "train.layers",
          "model.start and a threat model: layers of a trained model are chosen by perturbations",
          "neither or one of them");
    }
    if (regions != null) {
      regions.check(train, problems);
      if (start == null && !regions.hasModel()) {
        problems.add(
            "train.samples.model",
            "a bundle, by whose values regions are told apart, or model.start",
            "neither");
      }
    }
    if (start != null) {
      StartingWeights.requireSame(start, architecture.graph(), train.info().classes(), problems);
    }
    if (layers != null && layers.others() > 0 && settings.methods().lowRank() != null) {
      problems.add(
          "train.layers.others",
          "0 beside train.lora, whose factors are trained at one rate",
          Double.toString(layers.others()));
    }
    if (settings.methods().lowRank() != null && start == null) {
      problems.add(
          "train.lora", "model.start: what is adapted is a model that was trained", "no start");
    }
    if (start != null && governor != null && governor.budgets().later()) {
      problems.add("governor.samples", AT_ONCE, "later", NO_DELAY);
    }
    if (inner == null && settings.objective().adversarial()) {
      UnusedSettings.report(attack, settings.objective(), problems);
    }
    problems.throwIfAny();
  }

  /** Labels that nobody has yet, on the workers of this training; a stop is heard. */
  void prepare(Dataset train) {
    train.prepare(workers, stopper, progress);
  }

  private void prepare(Network network) {
    if (start != null) {
      try (Network old =
          Network.of(network.graph(), start.network().weights(), "the weights to start from")) {
        network.setWeights(old.weights());
      }
    }
    network.freeze(freeze);
  }

  private TrainJob job(Network network, Dataset train, Workers pool) {
    Dataset rest = train;
    Dataset held = validation;
    if (held == null && share > 0) {
      List<Dataset> parts = heldOut(train);
      held = parts.get(0);
      rest = parts.get(1);
    }
    ThreatModel model = threat == null ? ThreatModel.linf(0) : threat;
    InnerMaximiser search = inner == null ? attack.inner(model) : inner;
    return new TrainJob(
        network,
        rest,
        held,
        threat,
        search,
        all(search),
        augmentation,
        seed,
        pool,
        folder,
        resume,
        progress,
        stopper,
        library);
  }

  private Provenance origin(Dataset train, Guides others) {
    Map<String, String> hashes = new LinkedHashMap<>();
    hashes.put("train", train.contentHash(stopper));
    if (validation != null) {
      hashes.put("validation", validation.contentHash(stopper));
    }
    if (library != null) {
      hashes.put("library", library.examples().hash());
    }
    hashes.putAll(others.hashes());
    Settings configuration = described();
    if (start != null) {
      hashes.put("start", start.network().hash());
      configuration = TrainingRecord.withStart(configuration, start);
    }
    return Provenance.of(Engine.version(), seed, hashes, configuration);
  }

  /** What makes two trainings the same, but for their seeds: settings, samples and other models. */
  Map<String, String> same(Dataset train) {
    try (Guides others = Guides.open(settings.objective(), guides, Device.CPU)) {
      Map<String, String> all = new LinkedHashMap<>(origin(train, others).dataHashes());
      all.put("described", described().toJson());
      return all;
    }
  }

  /** What a program has set, for the provenance. */
  private Settings described() {
    Map<String, Object> all = new LinkedHashMap<>();
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("architecture", architecture.name());
    if (!freeze.isEmpty()) {
      model.put("freeze", freeze);
    }
    all.put("model", model);
    if (validation == null) {
      all.put("data", Map.of("validation", share));
    }
    if (threat != null) {
      all.put("threat", threat.toSettings());
    }
    Map<String, Object> training = new LinkedHashMap<>();
    if (inner == null && settings.objective().adversarial()) {
      training.put("attack", attack.key());
    }
    Map<String, Object> recipe = new LinkedHashMap<>();
    settings
        .recipe()
        .forEach((key, value) -> recipe.put(key.substring(TRAIN.length()), "" + value));
    training.put("settings", recipe);
    training.put("augment", augmentation.toString());
    if (layers != null) {
      training.put("layers", layers.toString());
    }
    if (regions != null) {
      training.put("regions", regions.hash());
    }
    if (library != null) {
      training.put(
          "library",
          Map.of(
              "path", library.mix().path(),
              "attacks", List.copyOf(library.examples().attacks()),
              "consent", library.mix().permitted().consents().stream().sorted().toList(),
              "licence", library.mix().permitted().licences().stream().sorted().toList()));
    }
    all.put("train", training);
    return Settings.of(all);
  }
}
