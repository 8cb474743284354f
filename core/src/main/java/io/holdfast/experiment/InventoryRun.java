package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.SampleScope;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.AttackCost;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.record.Scorecard;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tries every attack with its defaults on one model, each within a budget of time, one threat model
 * per set that the attack takes. Attacks that look for the smallest change run without a limit.
 *
 * <p>Attacks of many passes work through few samples at a time, so that some may be done when the
 * time is up: all at once none would be.
 *
 * @param bundle the model
 * @param data samples to attack
 * @param threats the sizes to judge by, one per set
 * @param budget of each attack and threat model, all runs that go on with one another together
 * @param seed of all random streams
 * @param workers threads, 0 for one per core
 * @param out one folder per attack and threat model, with its ledger
 * @param resume whether to go on with what is there
 * @param progress told of samples
 * @param stopper asked between shards
 */
public record InventoryRun(
    Bundle bundle,
    Dataset data,
    List<ThreatModel> threats,
    Duration budget,
    long seed,
    int workers,
    Path out,
    boolean resume,
    Progress progress,
    Stopper stopper) {
  public InventoryRun {
    threats = List.copyOf(threats);
  }

  /** Passes per sample from which an attack takes few samples at a time, and fewer. */
  private static final long MANY = 1000;

  private static final long MORE = 6000;
  private static final long MOST = 20_000;

  /** Samples at a time, at most: shards for two workers and more. */
  private static final int FEW = 16;

  private static final int FEWER = 8;
  private static final int FEWEST = 2;
  private static final int PER_SHARD = 4;

  /**
   * What one attack did within one threat model.
   *
   * @param attack its name
   * @param threat the size by which success is judged
   * @param refused why it could not be run; null if it was
   * @param attacked samples that were right when clean
   * @param fell those of them that fell within the threat model, also where a smaller change was
   *     still being looked for when time was up
   * @param distance median of what was found, whatever its size, in the threat model's norm; NaN
   *     for none
   * @param queries median over those with a verdict
   * @param gradients median over those with a verdict
   * @param seconds of the attack
   * @param unfinished those of them without a verdict when time was up
   */
  public record Row(
      String attack,
      String threat,
      @Nullable String refused,
      long attacked,
      long fell,
      double distance,
      double queries,
      double gradients,
      double seconds,
      long unfinished) {}

  /** An attack and a threat model that it takes, as they are written. */
  public record Pair(String attack, String threat) {}

  /** What {@link #run} will do, in its order; writes nothing. */
  public List<Pair> pairs(List<AttackSpec<?>> attacks) {
    List<Pair> pairs = new ArrayList<>();
    for (AttackSpec<?> spec : attacks) {
      for (ThreatModel threat : threats) {
        if (spec.sets().contains(threat.set().kind())) {
          pairs.add(new Pair(spec.name(), told(threat)));
        }
      }
    }
    return pairs;
  }

  /**
   * Checks that an inventory could be written into a folder; leaves nothing behind.
   *
   * @throws InvalidInputException if nothing can be written there, or it has the results of another
   *     command
   */
  public static void requireUsable(Path folder) {
    AtomicFiles.requireWritableFolder(folder);
    RunFolder there = new RunFolder(folder);
    if (there.holdsRun() || there.holdsEvaluation() || there.holdsAttack()) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "a new folder, or one with an earlier inventory",
          "the results of another command",
          "choose another folder, or move them away");
    }
  }

  /** How a threat model is told: by its name and, where one is wanted, the goal. */
  private static String told(ThreatModel threat) {
    return threat.goal().targeted()
        ? threat.name() + ", goal " + threat.goal().key()
        : threat.name();
  }

  /** Adds what threat models cannot be tried side by side on images. */
  public static void requireDistinct(List<ThreatModel> threats, String field, Problems problems) {
    ThreatFolders.faults(threats).forEach(fault -> problems.add(fault.in("", field)));
  }

  /**
   * Runs the attacks.
   *
   * @throws InvalidInputException if model and data do not go together
   */
  public List<Row> run(List<AttackSpec<?>> attacks) {
    List<Row> rows = new ArrayList<>();
    for (AttackSpec<?> spec : attacks) {
      for (ThreatModel threat : threats) {
        if (spec.sets().contains(threat.set().kind())) {
          rows.add(row(spec, threat));
        }
      }
    }
    return rows;
  }

  private Row row(AttackSpec<?> spec, ThreatModel judged) {
    Optional<Norm> norm = Norm.ofKey(judged.set().kind());
    Attack attack = spec.usual();
    ThreatModel searched =
        attack.seeksSmallest() && norm.isPresent()
            ? judged.with(ThreatModel.smallest(norm.get()).set()) // goal and knowledge stay
            : judged;
    Path folder = out.resolve(spec.name()).resolve(ThreatFolders.of(judged));
    Evaluation evaluation =
        Evaluation.of(bundle.classifier())
            .classNames(bundle.classNames())
            .against(searched)
            .with(attack)
            .seed(seed)
            .workers(workers)
            .examples(0)
            .chunk(Math.min(data.size(), Evaluation.CHUNK))
            .budget(left(folder, attack))
            .folder(folder)
            .resume(resume)
            .progress(progress)
            .stopper(stopper);
    try {
      evaluation.check(data);
    } catch (InvalidInputException e) {
      String why = e.problems().get(0).expected();
      return new Row(
          spec.name(), told(judged), why, 0, 0, Double.NaN, Double.NaN, Double.NaN, 0, 0);
    }
    return told(attack, judged, inParts(evaluation, attack, searched).on(data));
  }

  /**
   * What an attack did, by its evaluation.
   *
   * @param judged the size by which success is judged
   */
  public static Row told(Attack attack, ThreatModel judged, EvaluationResult result) {
    Optional<Norm> norm = Norm.ofKey(judged.set().kind());
    List<Attempt> verdicts = new ArrayList<>();
    for (Attempt row : result.rows()) {
      if (row.kind() == Kind.VERDICT && row.outcome() != Outcome.SKIPPED_WRONG) {
        verdicts.add(row);
      }
    }
    List<Attempt> found = new ArrayList<>(result.soFar());
    verdicts.stream().filter(row -> row.outcome() == Outcome.FELL).forEach(found::add);
    List<Attempt> fallen = found.stream().filter(row -> isWithin(row, judged, norm)).toList();
    List<Attempt> measured = attack.seeksSmallest() ? found : fallen;
    long right = result.card().cleanAccuracy().successes();
    return new Row(
        attack.name(),
        told(judged),
        null,
        right,
        fallen.size(),
        norm.isEmpty()
            ? Double.NaN
            : median(measured.stream().mapToDouble(row -> row.distance(norm.get())).toArray()),
        median(verdicts.stream().mapToDouble(Attempt::queries).toArray()),
        median(verdicts.stream().mapToDouble(Attempt::gradients).toArray()),
        result.card().timing().getOrDefault(attack.key(), 0.0),
        right - verdicts.size());
  }

  /** What earlier runs that are gone on with have left of the budget. */
  private Duration left(Path folder, Attack attack) {
    Path card = folder.resolve("scorecard.json");
    if (!resume || !Files.exists(card)) {
      return budget;
    }
    double spent = Scorecard.read(card).timing().getOrDefault(attack.key(), 0.0);
    Duration left = budget.minusMillis((long) (1000 * spent));
    return left.isNegative() ? Duration.ZERO : left;
  }

  private Evaluation inParts(Evaluation evaluation, Attack attack, ThreatModel searched) {
    long passes = passes(attack, searched);
    if (attack.scope() == SampleScope.UNIVERSAL || passes < MANY) {
      return evaluation;
    }
    int few = passes < MORE ? FEW : passes < MOST ? FEWER : FEWEST;
    return evaluation.chunk(few).shard(Math.min(PER_SHARD, few / 2));
  }

  /** Of one sample, both ways, counted on a linear model. */
  private long passes(Attack attack, ThreatModel searched) {
    AttackCost cost =
        AttackCost.of(
            attack, searched, bundle.classifier().inputShape(), bundle.classifier().classes());
    return cost.queries() + cost.gradients();
  }

  private static boolean isWithin(Attempt row, ThreatModel judged, Optional<Norm> norm) {
    return norm.isEmpty() || row.distance(norm.get()) <= judged.epsilon() * (1 + 1e-5);
  }

  private static double median(double[] values) {
    if (values.length == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
