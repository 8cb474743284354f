package io.holdfast.evaluate;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.CheckpointFile;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.OutOfMemoryException;
import io.holdfast.common.Progress;
import io.holdfast.data.Dataset;
import io.holdfast.model.Classifier;
import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.record.Example;
import io.holdfast.record.Examples;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Scorecard;
import io.holdfast.record.ScorecardContext;
import io.holdfast.tensor.Scope;
import io.holdfast.threat.Additive;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One evaluation under way. */
final class EvaluationRun {
  private static final String CLEAN = "clean";
  private static final String HELD = "held";
  private static final String CURVE = "curve";
  private static final String CORRUPTIONS = "corruptions";

  private final Evaluation settings;
  private final Dataset data;
  private final AttackDriver driver;
  private final Ledger ledger;
  private final EvaluationLog log;
  private final ThreatModel threat;
  private final Seen seen;
  private final Known known;
  private final CleanPass clean;
  private final Rows rows;
  private final Observations observations = new Observations();
  private final int[] all;
  private final @Nullable CheckpointFile checkpoint;
  private double earlier; // seconds of killed runs that a chunk took over

  EvaluationRun(
      Evaluation settings, Dataset data, AttackDriver driver, Ledger ledger, EvaluationLog log) {
    this.settings = settings;
    this.data = data;
    this.driver = driver;
    this.ledger = ledger;
    this.log = log;
    threat = driver.threat();
    seen = new Seen(List.copyOf(settings.keys()));
    Classifier surrogate = settings.surrogate;
    boolean random =
        settings.classifier.stochastic() || (surrogate != null && surrogate.stochastic());
    known = new Known(ledger, seen, random);
    boolean images = data.info().shape().size() == 3;
    long seed = settings.seed.value();
    clean =
        new CleanPass(
            settings.classifier, driver.workers(), driver.shard(), seed, images, driver.gate());
    Ssim ssim = images ? new Ssim(data.info().shapeArray(), threat.domain().width()) : null;
    rows = new Rows(threat, ssim, seen, driver.workers(), seed);
    all = IntStream.range(0, data.size()).toArray();
    checkpoint = settings.folder == null ? null : checkpoint(settings.folder);
  }

  private CheckpointFile checkpoint(Path folder) {
    String origin = Hashes.sha256Hex(Json.canonical(ledger.provenance()));
    Path file = folder.resolve(CheckpointFile.NAME);
    if (!settings.resume) {
      AtomicFiles.delete(file);
    }
    return new CheckpointFile(file, origin, settings.progress::note);
  }

  EvaluationResult run() {
    under(CLEAN);
    probe();
    phase(CLEAN, all, List.of(AttemptKey.clean()), this::cleanRows);
    for (NamedAttack attack : settings.attacks) {
      phase(attack.key(), all, List.of(key(attack)), (c, task) -> verdicts(attack, c, task));
    }
    observations.suite(settings.attacks.stream().map(this::key).toList(), seen);
    settings.attacks.forEach(this::observe);
    if (settings.curve != null) {
      CurvePass curve = new CurvePass(settings.curve, driver, settings.seed, rows);
      int[] chosen = curve.choose(data);
      phase(CURVE, chosen, curve.keys(), (c, task) -> curve.rows(c, task::advance));
      observations.cut("the robustness curve", known(chosen, curve.keys()), chosen.length);
    }
    if (settings.corruptions != null) {
      int channels = data.info().shape().get(0);
      CorruptionPass natural =
          new CorruptionPass(settings.corruptions, channels, clean, driver, rows, settings.seed);
      int[] chosen = natural.choose(data);
      phase(CORRUPTIONS, chosen, natural.keys(), (c, task) -> natural.rows(c, task::advance));
      observations.cut("accuracy under corruptions", known(chosen, natural.keys()), chosen.length);
    }
    Scorecard card = Scorecard.of(known.rows(), context()).withTiming(log.seconds());
    List<Example> examples =
        new Gallery(settings.attacks, driver, settings.seed, seen)
            .examples(data, driver.deadline().passed() ? 0 : settings.examples);
    ledger.finish();
    if (checkpoint != null && settings.attacks.stream().allMatch(this::ended)) {
      AtomicFiles.delete(checkpoint.path());
    }
    write(card, examples);
    return new EvaluationResult(card, examples, ledger.rows(), known.fallenSoFar());
  }

  /** Whether there is a verdict on every sample. */
  private boolean ended(NamedAttack attack) {
    return isKnown(all, List.of(key(attack)));
  }

  private void write(Scorecard card, List<Example> examples) {
    Path folder = settings.folder;
    if (folder != null) {
      Examples.write(folder.resolve("examples.jsonl"), examples);
      card.write(folder.resolve("scorecard.json"));
    }
  }

  private ScorecardContext context() {
    ScorecardContext.Builder context =
        ScorecardContext.of(threat.name(), ledger.provenance())
            .threatModel(threat.toSettings().toMap())
            .classNames(data.info().classes())
            .trainedOn(new SeenInTraining(settings.trainedOn).with(settings.attacks))
            .observations(
                Stream.concat(settings.notes.stream(), observations.list().stream()).toList())
            .planned(settings.keys())
            .soFar(known.soFar())
            .givesBackClean(givingBackClean());
    if (threat.set() instanceof Additive ball) {
      context.ball(ball.norm(), ball.epsilon());
    }
    return context.build();
  }

  /** Those whose last stage does. */
  private Set<String> givingBackClean() {
    Set<String> keys = new HashSet<>();
    for (NamedAttack attack : settings.attacks) {
      List<Attack> stages = attack.attack().stages(threat, settings.classifier.classes());
      if (stages.get(stages.size() - 1).givesBackClean()) {
        keys.add(attack.key());
      }
    }
    return keys;
  }

  // ---- phases

  /** Computes the rows of a chunk; tells the task of its samples meanwhile. */
  private interface Work {
    List<Attempt> rows(Chunk chunk, Progress.Task task);
  }

  private void under(String phase) {
    if (settings.governor != null) {
      settings.governor.at(phase, -1);
    }
  }

  /** Works through some samples chunk by chunk, passing over what the ledger has already. */
  private void phase(String name, int[] indices, List<AttemptKey> keys, Work work) {
    under(name);
    try (Progress.Task task = settings.progress.start(name, indices.length, "images")) {
      for (int[] part : Chunk.parts(indices, settings.chunk)) {
        if (isKnown(part, keys)) {
          task.skip(part.length);
          continue;
        }
        if (driver.deadline().passed() && !name.equals(CLEAN)) {
          return;
        }
        settings.stopper.check();
        long start = System.nanoTime();
        List<Attempt> fresh = compute(part, work, task);
        if (driver.deadline().passed() && (name.equals(CURVE) || name.equals(CORRUPTIONS))) {
          return; // rows of those alone that fell in time would bend the curve
        }
        known.add(fresh, keys);
        double accuracy = seen.tally(keys.get(0)).share();
        task.stat(keys.get(0).kind().judgesAttacks() ? HELD : "right", accuracy);
        log.chunk(name, part.length, (System.nanoTime() - start) / 1e9 + earlier, accuracy);
        earlier = 0;
      }
    }
  }

  /** The rows of a chunk; where memory runs out, anew on fewer workers as a governor has it. */
  private List<Attempt> compute(int[] part, Work work, Progress.Task task) {
    while (true) {
      try (Scope scope = Scope.open()) {
        return work.rows(Chunk.read(data, part), task);
      } catch (OutOfMemoryException e) {
        if (settings.governor == null || !settings.governor.relieve()) {
          throw e;
        }
      }
    }
  }

  private boolean isKnown(int[] part, List<AttemptKey> keys) {
    return known(part, keys) == part.length;
  }

  /** How many of these samples have all their rows. */
  private int known(int[] part, List<AttemptKey> keys) {
    return (int) IntStream.of(part).filter(i -> known.has(data.id(i), keys)).count();
  }

  private AttemptKey key(NamedAttack attack) {
    return new AttemptKey(Kind.VERDICT, attack.key(), threat.name(), threat.epsilon());
  }

  private List<Attempt> cleanRows(Chunk chunk, Progress.Task task) {
    List<Attempt> fresh = clean.rows(chunk);
    task.advance(chunk.size());
    return fresh;
  }

  private List<Attempt> verdicts(NamedAttack named, Chunk chunk, Progress.Task task) {
    AttackResult result =
        (checkpoint == null ? driver : driver.withCheckpoint(checkpoint))
            .withProgress(soFar(key(named), chunk, task))
            .run(named.attack(), chunk.x(), chunk.labels(), chunk.ids(), settings.seed);
    List<Attempt> fresh =
        new ArrayList<>(rows.of(Kind.VERDICT, named.key(), threat.epsilon(), chunk, result));
    fresh.addAll(rows.stagesOf(named.key(), threat.epsilon(), result));
    known.addSoFar(rows.soFar(named.key(), threat.epsilon(), chunk, result));
    earlier = result.earlierSeconds();
    return fresh;
  }

  /**
   * Tells the task who is done and, until all of the chunk are, which share of the samples begun
   * stands: those of earlier chunks that held, and those of this one that have not fallen yet.
   */
  private LongConsumer soFar(AttemptKey key, Chunk chunk, Progress.Task task) {
    long twice = LongStream.of(chunk.ids()).filter(id -> known.has(id, List.of(key))).count();
    long begun = seen.tally(key).rows - twice + chunk.size();
    long held = seen.tally(key).good;
    AtomicLong standing = new AtomicLong(chunk.size());
    return done -> {
      task.advance(done);
      long left = standing.addAndGet(-done);
      if (left > 0) { // whoever stands at the end is done too, and has a row soon
        task.stat(HELD, (double) (held + left) / begun);
      }
    };
  }

  // ---- the first look

  /**
   * Looks at the first chunk in every run, a resumed one too: at the model's outputs and gradients,
   * and whether this is the model that the ledger is about.
   */
  private void probe() {
    try (Scope scope = Scope.open()) {
      Chunk first = Chunk.read(data, Chunk.parts(all, settings.chunk).get(0));
      float[][] logits = clean.logits(first);
      observations.outputs(logits);
      observations.randomness(logits, clean.logits(first));
      observations.optimisation(settings.classifier, first, driver.workers());
      observations.gradients(settings.classifier, first, logits, driver.workers(), driver.shard());
      for (Attempt row : clean.rows(first, logits)) {
        requireSameModel(row);
      }
    }
  }

  /** What the stages of an attack tell about the model. */
  private void observe(NamedAttack attack) {
    int classes = settings.classifier.classes();
    List<Attack> stages = attack.attack().stages(threat, classes);
    observations.classes(attack, threat, classes);
    observations.scoresAfterGradients(attack, stages, threat, seen);
  }

  private void requireSameModel(Attempt now) {
    boolean before = ledger.contains(AttemptKey.clean(), now.sampleId());
    if (before && !settings.classifier.stochastic() && !seen.clean(now.sampleId()).equals(now)) {
      throw new InvalidInputException(
          settings.folder + ": ledger of an earlier run",
          "model",
          "the answers of this model, such as " + now,
          seen.clean(now.sampleId()).toString(),
          "use another folder, or start afresh");
    }
  }
}
