package io.holdfast.evaluate;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.CheckpointFile;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Deadline;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Gate;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.data.NamedClasses;
import io.holdfast.model.Classifier;
import io.holdfast.model.TransferClassifier;
import io.holdfast.record.InvariantViolationException;
import io.holdfast.record.Ledger;
import io.holdfast.record.SeenAttacks;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainingRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a suite of attacks on a classifier: first every clean sample in float32, then each attack,
 * then the curve over epsilon and the natural corruptions if they are wanted. Immutable: each
 * method gives a changed copy.
 *
 * <pre>{@code
 * Scorecard card = Evaluation.of(classifier).against(ThreatModel.linf(0.1))
 *     .with(Pgd.steps(50).restarts(5)).on(test.first(1000)).card();
 * }</pre>
 *
 * <p>Samples are worked through in chunks, so that data larger than memory is never loaded whole.
 * In a {@link #folder} each finished chunk is durable, and of an attack under way what its shards
 * have found: a run that was killed goes on with {@link #resume} and ends with the same ledger,
 * byte for byte, as one that was not.
 */
public final class Evaluation {
  /** Samples per chunk unless {@link #chunk} says otherwise. */
  public static final int CHUNK = 256;

  /** Images kept for the gallery unless {@link #examples} says otherwise. */
  public static final int EXAMPLES = 24;

  final Classifier classifier;
  @Nullable ThreatModel threat;
  @Nullable Classifier surrogate;
  String surrogateName = "";
  List<String> classNames = List.of();
  List<NamedAttack> attacks = List.of();
  @Nullable RobustnessCurve curve;
  @Nullable CorruptionBenchmark corruptions;
  SeenAttacks trainedOn = SeenAttacks.UNKNOWN;
  Set<String> unseen = Set.of();
  Precision precision;
  int workers;
  Seed seed = new Seed(0);
  int chunk = CHUNK;
  int shard = AttackDriver.SHARD;
  List<String> notes = List.of();
  int examples = EXAMPLES;
  @Nullable Path folder;
  boolean resume;
  Progress progress = Progress.silent();
  Stopper stopper = Stopper.manual();
  @Nullable Duration budget;
  Deadline until = Deadline.none();
  @Nullable Governor governor;
  Gate gate = Gate.OPEN;
  @Nullable Provenance provenance;

  private Evaluation(Classifier classifier) {
    this.classifier = classifier;
    precision = Precision.auto(classifier.device());
  }

  private Evaluation(Evaluation other) {
    classifier = other.classifier;
    threat = other.threat;
    surrogate = other.surrogate;
    surrogateName = other.surrogateName;
    classNames = other.classNames;
    attacks = other.attacks;
    curve = other.curve;
    corruptions = other.corruptions;
    trainedOn = other.trainedOn;
    unseen = other.unseen;
    precision = other.precision;
    workers = other.workers;
    seed = other.seed;
    chunk = other.chunk;
    shard = other.shard;
    notes = other.notes;
    examples = other.examples;
    folder = other.folder;
    resume = other.resume;
    progress = other.progress;
    stopper = other.stopper;
    budget = other.budget;
    until = other.until;
    governor = other.governor;
    gate = other.gate;
    provenance = other.provenance;
  }

  /** An evaluation of this model, with no attack yet. */
  public static Evaluation of(Classifier classifier) {
    return new Evaluation(classifier);
  }

  /**
   * An evaluation of a bundle's model, with its origin and its names of classes. Of a hardened one,
   * against its own threat model, and with the attack that its configuration names as seen in
   * training; so are those of saved examples that it was trained on, and those of the model that
   * its training started from.
   */
  public static Evaluation of(Bundle bundle) {
    Evaluation evaluation =
        of(bundle.classifier()).provenance(bundle.provenance()).classNames(bundle.classNames());
    ThreatModel own = bundle.threat();
    if (own != null) {
      evaluation = evaluation.against(own);
    }
    return evaluation.trainedOn(TrainingRecord.of(bundle));
  }

  private Evaluation change(Consumer<Evaluation> edit) {
    Evaluation copy = new Evaluation(this);
    edit.accept(copy);
    return copy;
  }

  /** What the attacker may do; needed. */
  public Evaluation against(ThreatModel model) {
    return change(e -> e.threat = model);
  }

  /**
   * The attacker searches on another model, and this one only judges: transfer. Several surrogates
   * go into an {@link io.holdfast.model.EnsembleClassifier}.
   *
   * @param name for the record
   * @param model of the same inputs and classes; stays the caller's
   */
  public Evaluation surrogate(String name, Classifier model) {
    return change(
        e -> {
          e.surrogateName = name;
          e.surrogate = model;
        });
  }

  /**
   * What the model calls its classes, by label: data with other names for them are refused, and
   * labels are matched by name as {@link NamedClasses} has it. By default labels are taken as they
   * are.
   */
  public Evaluation classNames(List<String> byLabel) {
    return change(e -> e.classNames = List.copyOf(byLabel));
  }

  /** More attacks, under their canonical keys. */
  public Evaluation with(Attack... more) {
    return with(Arrays.stream(more).map(NamedAttack::of).toArray(NamedAttack[]::new));
  }

  /** More attacks, under keys of the caller's. */
  public Evaluation with(NamedAttack... more) {
    List<NamedAttack> all = new ArrayList<>(attacks);
    all.addAll(Arrays.asList(more));
    return change(e -> e.attacks = List.copyOf(all));
  }

  /** Robust accuracy against epsilon too; off by default. */
  public Evaluation curve(RobustnessCurve overRadii) {
    return change(e -> e.curve = overRadii);
  }

  /** Accuracy under natural corruptions too, which nobody chose against it; off by default. */
  public Evaluation corruptions(CorruptionBenchmark benchmark) {
    return change(e -> e.corruptions = benchmark);
  }

  /**
   * Names or keys of all attacks that the model saw in training; without any, that it saw none.
   * Neither parameters nor the threat model matter, and with an attack its whole {@linkplain
   * Attack#family family} counts as seen. What was never said is not known.
   */
  public Evaluation trainedOn(String... names) {
    return trainedOn(SeenAttacks.all(Set.of(names)));
  }

  /** As {@link #trainedOn(String...)}, where it may be that not all is known. */
  public Evaluation trainedOn(SeenAttacks seen) {
    return change(e -> e.trainedOn = seen);
  }

  /**
   * Names or keys of attacks that are claimed to be new to the model. A false claim is refused: one
   * of an attack that is {@link #trainedOn(String...)}, or of its family, as FGSM after training on
   * PGD; and so is one that cannot be judged, where it is not known what the model was trained on.
   */
  public Evaluation unseen(String... names) {
    return change(e -> e.unseen = Set.of(names));
  }

  /** The number format of the search, {@link Precision#auto} by default; verdicts are float32. */
  public Evaluation precision(Precision ofSearch) {
    return change(e -> e.precision = ofSearch);
  }

  /**
   * Threads that share the work; any number gives the same rows.
   *
   * @param count 0 for one per core
   */
  public Evaluation workers(int count) {
    return change(e -> e.workers = count);
  }

  public Evaluation seed(long value) {
    return change(e -> e.seed = new Seed(value));
  }

  /**
   * Samples per chunk: what is in memory at once. In a folder a kill or a budget loses less of
   * attacks: what they have found is kept shard by shard and round by round.
   */
  public Evaluation chunk(int samples) {
    return change(e -> e.chunk = samples);
  }

  /**
   * The most samples that an attack takes at once, {@link AttackDriver#SHARD} by default. Part of
   * what makes results equal: the same numbers to the last bit need the same shards.
   */
  public Evaluation shard(int samples) {
    return change(e -> e.shard = samples);
  }

  /** What the scorecard is to warn of beyond what the evaluation sees itself. */
  public Evaluation noting(List<String> warnings) {
    return change(e -> e.notes = List.copyOf(warnings));
  }

  /** The most images to keep for the gallery; 0 for none. */
  public Evaluation examples(int most) {
    return change(e -> e.examples = most);
  }

  /**
   * Where to write {@code ledger.parquet}, {@code scorecard.json}, {@code examples.jsonl} and the
   * times in {@code metrics.jsonl}, and, until every attack has ended, where the present one stands
   * in {@link CheckpointFile#NAME}; by default all stays in memory.
   */
  public Evaluation folder(Path output) {
    return change(e -> e.folder = output);
  }

  /** Whether to go on with the folder's ledger, if there is one; else it is replaced. */
  public Evaluation resume(boolean goOn) {
    return change(e -> e.resume = goOn);
  }

  public Evaluation progress(Progress display) {
    return change(e -> e.progress = display);
  }

  /** Looked at between chunks and between shards. */
  public Evaluation stopper(Stopper flag) {
    return change(e -> e.stopper = flag);
  }

  /**
   * The most time that the attacks may take; by default as long as they need. What is not finished
   * by then has no rows, the scorecard says so, and {@link #resume} goes on with it. What a
   * governor makes attacks wait counts; {@link Governor#until} tells it not to wait beyond the end.
   */
  public Evaluation budget(Duration most) {
    return change(e -> e.budget = most);
  }

  /** As {@link #budget}, with an end that others may share; where there are both, the earlier. */
  public Evaluation until(Deadline end) {
    return change(e -> e.until = end);
  }

  /**
   * Lets attacks wait or run on fewer workers at once, as its budgets have it, which changes the
   * time alone; it stays the caller's.
   */
  public Evaluation governor(@Nullable Governor decides) {
    return change(e -> e.governor = decides);
  }

  /**
   * Where shards of attacks pass, for evaluations that share cores; a governor has a gate of its
   * own, which goes first.
   */
  public Evaluation gate(Gate shared) {
    return change(e -> e.gate = shared);
  }

  /** Where the model comes from: data and configuration of its training are kept in the ledger. */
  public Evaluation provenance(Provenance ofModel) {
    return change(e -> e.provenance = ofModel);
  }

  /**
   * Runs it.
   *
   * @throws InvalidInputException if model, threat model, attacks and data do not go together, or
   *     the folder holds the ledger of another evaluation
   * @throws InvariantViolationException if the rows contradict each other
   * @throws RunInterruptedException if a stop was requested; what is finished is kept
   * @throws HoldfastException if the model gives NaN or infinity, or a file cannot be written
   */
  public EvaluationResult on(Dataset samples) {
    Dataset data = matched(samples);
    ThreatModel against = EvaluationChecks.require(this, data);
    try (Workers pool = pool()) {
      AttackDriver driver = driver(against, pool);
      Provenance origin = Origin.of(this, against, data, driver.shard());
      try (Ledger ledger = open(origin);
          EvaluationLog log = EvaluationLog.open(folder, resume)) {
        return new EvaluationRun(this, data, driver, ledger, log).run();
      }
    }
  }

  /**
   * Checks that model, threat model, attacks and data go together; writes nothing.
   *
   * @throws InvalidInputException as {@link #on}
   */
  public void check(Dataset data) {
    EvaluationChecks.require(this, matched(data));
  }

  /**
   * Checks that the ledger in the folder, if there is one that {@link #resume} is to go on with, is
   * one of this evaluation; writes nothing.
   *
   * @throws InvalidInputException naming what differs
   */
  public void checkResumed(Dataset samples) {
    Path output = folder;
    if (output != null && resume) {
      Dataset data = matched(samples);
      ThreatModel against = EvaluationChecks.require(this, data);
      Ledger.requireSame(output, Origin.of(this, against, data, shard));
    }
  }

  /**
   * Adds what {@link #check(Dataset)} would refuse of what is there already, for messages that name
   * all at once. A threat model that is missing is not among it, nor are labels that the model does
   * not have: those are told of a whole data set, by {@link io.holdfast.data.StrayLabels}.
   *
   * @param data null where there is none yet
   */
  public void check(@Nullable Dataset data, Problems problems) {
    EvaluationChecks.partly(this, data, problems);
  }

  /**
   * Checks everything and estimates the cost by a few passes over a few samples; writes nothing.
   * With a {@link #budget}, attacks of so many passes that counting them would take long are taken
   * to fill it.
   *
   * @throws InvalidInputException as {@link #on}
   */
  public Estimate estimate(Dataset samples) {
    Dataset data = matched(samples);
    ThreatModel against = EvaluationChecks.require(this, data);
    try (Workers pool = pool()) {
      return new Estimator(this, data, driver(against, pool)).estimate();
    }
  }

  private Dataset matched(Dataset data) {
    return classNames.isEmpty() ? data : NamedClasses.matching(data, classNames);
  }

  private AttackDriver driver(ThreatModel against, Workers pool) {
    AttackDriver driver =
        new AttackDriver(attacked(), against, pool)
            .withPrecision(precision)
            .withShard(shard)
            .withStopper(stopper);
    driver = driver.withGate(governor == null ? gate : governor.gate());
    return driver.withDeadline(budget == null ? until : until.within(budget));
  }

  Classifier attacked() {
    return surrogate == null ? classifier : new TransferClassifier(classifier, surrogate);
  }

  private Workers pool() {
    return Workers.on(classifier.device(), workers);
  }

  private Ledger open(Provenance origin) {
    if (folder == null) {
      return Ledger.inMemory(origin);
    }
    return resume ? Ledger.open(folder, origin) : Ledger.create(folder, origin);
  }

  /** Keys of the attacks, in the order of the suite. */
  Set<String> keys() {
    Set<String> keys = new LinkedHashSet<>();
    attacks.forEach(a -> keys.add(a.key()));
    return keys;
  }
}
