package io.holdfast.experiment;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Curve;
import io.holdfast.train.Guides;
import io.holdfast.train.LayerChoice;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.LowRank;
import io.holdfast.train.Methods;
import io.holdfast.train.Regions;
import io.holdfast.train.Resizing;
import io.holdfast.train.Slowed;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.Trainer;
import io.holdfast.train.TrainingCost;
import io.holdfast.train.TrainingRecord;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was set for a {@link Hardening}, and what it does with data: refuses what does not go
 * together, trains, and says where the model comes from.
 *
 * @param architecture of the network
 * @param threat what the attacker may do, null for none
 * @param settings how to train
 * @param attack the search, unless {@code inner} is one
 * @param inner a search that is no attack of the registry, or null
 * @param augmentation changes to each training sample
 * @param library saved examples that take places in each batch, or null
 * @param share of the training samples that is held out, where there is no {@code validation}
 * @param validation samples of their own, or null
 * @param start whose weights training begins with, or null
 * @param hardened whether these are of an earlier stage that was trained against the threat model
 * @param guides other models by what the objective calls them
 * @param freeze layers that are not trained
 * @param layers chosen by their sensitivity, or null
 * @param regions weak parts of classes, or null
 * @param seed of all random streams
 * @param splitting by what the validation share is chosen, null for the seed
 * @param device what computes
 * @param workers threads, 0 for one per core
 * @param folder of metrics and checkpoints, or null
 * @param resume whether to go on from the folder's checkpoint
 * @param progress told of each step
 * @param stopper asked before each step
 * @param provenance what the bundle says of its origin, null for what is known here
 * @param governor decides how much effort is spent, or null
 */
record HardeningRun(
    Architecture architecture,
    @Nullable ThreatModel threat,
    TrainSettings settings,
    Pgd attack,
    @Nullable InnerMaximiser inner,
    Augmentation augmentation,
    @Nullable LibraryFeed library,
    double share,
    @Nullable Dataset validation,
    @Nullable Bundle start,
    boolean hardened,
    Map<String, Bundle> guides,
    List<String> freeze,
    @Nullable LayerChoice layers,
    @Nullable Regions regions,
    Seed seed,
    @Nullable Seed splitting,
    Device device,
    int workers,
    @Nullable Path folder,
    boolean resume,
    Progress progress,
    Stopper stopper,
    @Nullable Provenance provenance,
    @Nullable Governor governor) {
  /** The source of problems of a training that knows of no file. */
  static final String SOURCE = "training";

  private static final String TRAIN = "train.";

  HardeningRun {
    guides = Collections.unmodifiableMap(new LinkedHashMap<>(guides));
    freeze = List.copyOf(freeze);
  }

  /** As {@link Hardening} has it where nothing else is said. */
  static HardeningRun of(Architecture architecture) {
    return new HardeningRun(
        architecture,
        null,
        TrainSettings.defaults().toBuilder().objective(new PgdAt()).build(),
        Pgd.steps(7),
        null,
        Augmentation.NONE,
        null,
        Dataset.DEFAULT_VALIDATION,
        null,
        null,
        false,
        Map.of(),
        List.of(),
        null,
        null,
        new Seed(Experiment.DEFAULT_SEED),
        null,
        Device.CPU,
        0,
        null,
        false,
        Progress.silent(),
        Stopper.manual(),
        null,
        null);
  }

  /** As {@link Hardening#fit}. */
  Bundle fit(Dataset train) {
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
        Regions.Found found = regions.find(network, job.train(), seed, pool, stopper, progress);
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
          .scale(train.scale())
          .provenance(known)
          .build();
    } catch (RuntimeException | Error e) {
      network.close();
      throw e;
    }
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
          start == null ? "no model.start" : "no threat model");
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
      problems.add("governor.samples", Hardening.AT_ONCE, "later", Hardening.NO_DELAY);
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
            stopper)
        .with(library);
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
    Objective objective = settings.objective();
    training.put(TrainingRecord.SEARCHES, objective.adversarial());
    training.put(TrainingRecord.TAKES, objective.adversarial() || !objective.bounded());
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
              "mix", library.mix().recipe(),
              "attacks", List.copyOf(library.examples().attacks()),
              "consent", library.mix().permitted().consents().stream().sorted().toList(),
              "licence", library.mix().permitted().licences().stream().sorted().toList()));
    }
    all.put("train", training);
    return Settings.of(all);
  }
}
