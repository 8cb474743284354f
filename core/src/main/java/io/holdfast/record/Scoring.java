package io.holdfast.record;

import io.holdfast.common.Problems;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * The scoring rule of {@code docs/scoring.md}. Rows are kept by sample id and sums are taken over
 * sorted numbers, so that the result does not depend on the order of the rows, down to the last
 * bit.
 */
final class Scoring {
  private final ScorecardContext context;
  private final TreeMap<Long, Sample> samples = new TreeMap<>();
  private final TreeMap<String, Attack> attacks = new TreeMap<>();
  private final TreeMap<String, StageScore> stages = new TreeMap<>();
  private final TreeMap<AttemptKey, Count> curve = new TreeMap<>();
  private final CorruptionScoring corruptions = new CorruptionScoring();
  private final TreeMap<String, List<Attempt>> certificates = new TreeMap<>();
  private final Problems problems = new Problems("ledger");
  private boolean cut; // whether a budget of time ended before every verdict was there

  Scoring(ScorecardContext context) {
    this.context = context;
  }

  /** A sample with all that is needed of its rows. */
  static final class Sample {
    private static final Comparator<Attempt> WORST_FIRST =
        Comparator.<Attempt>comparingInt(row -> row.outcome() == Outcome.FELL ? 0 : 1)
            .thenComparingDouble(Attempt::trueConfidence)
            .thenComparing(Comparator.naturalOrder());

    @Nullable Attempt clean;
    @Nullable Attempt worst;
    int verdicts;
    private boolean held = true;

    void addVerdict(Attempt row) {
      verdicts++;
      held &= row.outcome() == Outcome.HELD;
      if (worst == null || WORST_FIRST.compare(row, worst) < 0) {
        worst = row;
      }
    }

    /** Whether it is right when clean and every attack that was tried has failed. */
    boolean holds() {
      return held && clean().right();
    }

    /** The row of the attack that came nearest; the clean one where none was tried. */
    Attempt worst() {
      return worst == null ? clean() : worst;
    }

    Attempt clean() {
      if (clean == null) {
        throw new IllegalStateException("the invariants demand a clean row");
      }
      return clean;
    }
  }

  /** All verdicts of one attack. */
  static final class Attack {
    final AttemptKey key;
    final List<Attempt> fallen = new ArrayList<>();
    long held;
    long skipped;
    long unmoved;
    long queries;
    long gradients;

    Attack(AttemptKey key) {
      this.key = key;
    }

    void add(Attempt row) {
      switch (row.outcome()) {
        case FELL -> fallen.add(row);
        case HELD -> held++;
        default -> skipped++;
      }
      unmoved += row.outcome() == Outcome.HELD && row.linf() == 0 ? 1 : 0;
      queries += row.queries();
      gradients += row.gradients();
    }

    long attacked() {
      return held + fallen.size();
    }

    long n() {
      return attacked() + skipped;
    }

    Rate robust() {
      return Rate.of(held, n());
    }
  }

  private static final class Count {
    private long held;
    private long wrong;
    private long n;
  }

  Scorecard score(Iterable<Attempt> rows) {
    rows.forEach(this::add);
    if (samples.isEmpty()) {
      problems.add("", "at least one clean row", "none");
    }
    problems.throwIfAny();
    List<Sample> all = List.copyOf(samples.values());
    Map<String, Long> incomplete = incomplete(all.size());
    cut = !incomplete.isEmpty();
    List<Sample> common = attacked(all);
    Rate clean = rate(all, s -> s.clean().right());
    Rate robust = common.isEmpty() ? null : rate(common, Sample::holds);
    return new Scorecard(
        Scorecard.VERSION,
        context.threat(),
        context.threatModel(),
        new Flags(context, all, common, attacks.values(), incomplete).list(),
        clean,
        robust,
        attackScores(all),
        certificateScores(),
        classScores(all),
        new CalibrationPair(calibration(all, Sample::clean), calibration(common, Sample::worst)),
        curvePoints(),
        corruptions.scores(this::rightWhenClean),
        confusion(all, common),
        context.provenance(),
        incomplete,
        context.timing());
  }

  private boolean rightWhenClean(long id) {
    Sample sample = samples.get(id);
    return sample != null && sample.clean().right();
  }

  private void add(Attempt row) {
    Sample sample = samples.computeIfAbsent(row.sampleId(), id -> new Sample());
    switch (row.kind()) {
      case CLEAN -> sample.clean = row;
      case VERDICT -> {
        if (isOfThisEvaluation(row)) {
          sample.addVerdict(row);
        }
      }
      case STAGE ->
          stages.merge(row.attempt(), StageScore.NONE.plus(row), (sum, one) -> sum.plus(row));
      case CURVE -> {
        Count count = curve.computeIfAbsent(row.key(), key -> new Count());
        count.n++;
        count.held += row.outcome() == Outcome.HELD ? 1 : 0;
        count.wrong += row.outcome() == Outcome.SKIPPED_WRONG ? 1 : 0;
      }
      case CORRUPTION -> corruptions.add(row);
      case CERTIFICATE ->
          certificates.computeIfAbsent(row.attempt(), key -> new ArrayList<>()).add(row);
    }
  }

  private boolean isOfThisEvaluation(Attempt row) {
    Attack attack = attacks.computeIfAbsent(row.attempt(), name -> new Attack(row.key()));
    boolean same = row.key().equals(attack.key) && row.threat().equals(context.threat());
    if (same) {
      attack.add(row);
    } else if (problems.isEmpty()) {
      problems.add(
          "attempt " + row.attempt(),
          "one threat model and epsilon (" + context.threat() + ", " + attack.key.epsilon() + ")",
          "sample " + row.sampleId() + " with " + row.threat() + ", " + row.epsilon());
    }
    return same;
  }

  /**
   * Samples without a final verdict, by attack that was to give one; empty where none was planned.
   */
  private Map<String, Long> incomplete(int samples) {
    Map<String, Long> missing = new LinkedHashMap<>();
    for (String key : context.planned()) {
      Attack attack = attacks.get(key);
      long verdicts = attack == null ? 0 : attack.n() - context.soFar().getOrDefault(key, 0L);
      if (verdicts < samples) {
        missing.put(key, samples - verdicts);
      }
    }
    return missing;
  }

  /** Those that every attack was tried on; all where time ran out and what held holds so far. */
  private List<Sample> attacked(List<Sample> all) {
    if (cut) {
      return all;
    }
    return attacks.isEmpty()
        ? List.of()
        : all.stream().filter(s -> s.verdicts == attacks.size()).toList();
  }

  private Map<String, AttackScore> attackScores(List<Sample> all) {
    Map<String, AttackScore> scores = new LinkedHashMap<>();
    long right = all.stream().filter(s -> s.clean().right()).count();
    attacks.forEach(
        (key, attack) -> {
          boolean whole = !cut || attack.n() == all.size();
          Rate robust = whole ? attack.robust() : Rate.of(right - attack.fallen.size(), all.size());
          scores.put(key, attackScore(key, attack, robust));
        });
    return scores;
  }

  private AttackScore attackScore(String key, Attack attack, Rate robust) {
    Map<String, Summary> distance = new LinkedHashMap<>();
    for (Norm norm : Norm.values()) {
      Summary summary = summary(attack.fallen, row -> row.distance(norm));
      if (summary != null) {
        distance.put(norm.key(), summary);
      }
    }
    long fell = attack.fallen.size();
    return new AttackScore(
        robust,
        attack.attacked() == 0 ? null : Rate.of(fell, attack.attacked()),
        context.trainedOn().has(key),
        attack.key.epsilon(),
        distance,
        summary(attack.fallen, Attempt::ssim),
        attack.queries,
        attack.gradients,
        summary(attack.fallen, Attempt::queries),
        stagesOf(key));
  }

  private Map<String, StageScore> stagesOf(String attack) {
    String prefix = attack + Attempt.STAGE_MARK;
    Map<String, StageScore> own = new LinkedHashMap<>();
    stages.entrySet().stream()
        .filter(stage -> stage.getKey().startsWith(prefix))
        .sorted(Comparator.comparingLong(stage -> -stage.getValue().attacked())) // stable
        .forEach(stage -> own.put(stage.getKey().substring(prefix.length()), stage.getValue()));
    return own;
  }

  private Map<String, CertificateScore> certificateScores() {
    Map<String, CertificateScore> scores = new LinkedHashMap<>();
    certificates.forEach(
        (key, rows) -> {
          List<Attempt> proven =
              rows.stream().filter(row -> row.outcome() == Outcome.CERTIFIED).toList();
          long far = proven.stream().filter(row -> row.epsilon() >= context.epsilon()).count();
          scores.put(
              key,
              new CertificateScore(Rate.of(far, rows.size()), summary(proven, Attempt::epsilon)));
        });
    return scores;
  }

  private List<ClassScore> classScores(List<Sample> all) {
    TreeMap<Integer, List<Sample>> byLabel = new TreeMap<>();
    for (Sample sample : all) {
      byLabel.computeIfAbsent(sample.clean().label(), label -> new ArrayList<>()).add(sample);
    }
    List<ClassScore> scores = new ArrayList<>();
    byLabel.forEach(
        (label, members) -> {
          List<Sample> common = attacked(members);
          scores.add(
              new ClassScore(
                  label,
                  className(context, label),
                  rate(members, s -> s.clean().right()),
                  common.isEmpty() ? null : rate(common, Sample::holds)));
        });
    return scores;
  }

  static String className(ScorecardContext context, int label) {
    List<String> names = context.classNames();
    return label < names.size() ? names.get(label) : Integer.toString(label);
  }

  private List<CurvePoint> curvePoints() {
    List<CurvePoint> points = new ArrayList<>();
    String last = "";
    for (Map.Entry<AttemptKey, Count> entry : curve.entrySet()) {
      String attack = entry.getKey().attempt();
      Count count = entry.getValue();
      if (!attack.equals(last)) { // of one attack in order of epsilon, over the same samples
        points.add(new CurvePoint(attack, 0, Rate.of(count.n - count.wrong, count.n)));
        last = attack;
      }
      points.add(new CurvePoint(attack, entry.getKey().epsilon(), Rate.of(count.held, count.n)));
    }
    return points;
  }

  private Confusion confusion(List<Sample> all, List<Sample> common) {
    int classes = context.classNames().size();
    for (Sample sample : all) {
      classes = Math.max(classes, highest(sample.clean()));
      classes = sample.worst == null ? classes : Math.max(classes, highest(sample.worst));
    }
    if (classes > Confusion.MOST_CLASSES) {
      return new Confusion(List.of(), null);
    }
    return new Confusion(
        matrix(classes, all.stream().map(Sample::clean).toList()),
        common.isEmpty() ? null : matrix(classes, common.stream().map(Sample::worst).toList()));
  }

  private static int highest(Attempt row) {
    return Math.max(row.label(), row.prediction()) + 1;
  }

  private static List<List<Long>> matrix(int classes, List<@Nullable Attempt> rows) {
    long[][] counts = new long[classes][classes]; // [label][prediction]
    for (Attempt row : rows) {
      if (row != null && row.prediction() >= 0) {
        counts[row.label()][row.prediction()]++;
      }
    }
    return Confusion.rows(counts);
  }

  private interface Choice {
    @Nullable Attempt of(Sample sample);
  }

  private static @Nullable Calibration calibration(List<Sample> samples, Choice choice) {
    Calibration.Builder builder = new Calibration.Builder();
    for (Sample sample : samples) {
      Attempt row = choice.of(sample);
      if (row != null) {
        builder.add(row.confidence(), row.right());
      }
    }
    return builder.isEmpty() ? null : builder.build();
  }

  private static Rate rate(Collection<Sample> samples, Predicate<Sample> success) {
    return Rate.of(samples.stream().filter(success).count(), samples.size());
  }

  private static @Nullable Summary summary(List<Attempt> rows, ToDoubleFunction<Attempt> number) {
    DoubleStream numbers = rows.stream().mapToDouble(number);
    return Summary.of(numbers.toArray());
  }
}
