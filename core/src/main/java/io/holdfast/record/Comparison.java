package io.holdfast.record;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.record.CalibrationDifference.Predictions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What changed from one run to another, second minus first.
 *
 * @param cleanAccuracy difference of clean accuracy
 * @param robustAccuracy difference of worst-case robust accuracy; null where a run has none
 * @param attacks differences of robust accuracy by attack, of those that both runs have
 * @param calibration differences of the expected calibration error: {@code clean}, and {@code
 *     attacked}, by each sample's worst attack, as far as both runs have them
 * @param onlyFirst attacks of the first run alone
 * @param onlySecond attacks of the second run alone
 * @param incomplete attacks that have not judged every sample in one of the runs, since time was
 *     up: neither they nor the worst case are compared
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Comparison(
    Difference cleanAccuracy,
    @Nullable Difference robustAccuracy,
    Map<String, Difference> attacks,
    Map<String, CalibrationDifference> calibration,
    List<String> onlyFirst,
    List<String> onlySecond,
    List<String> incomplete) {

  private static final String CLEAN = "clean";
  private static final String ATTACKED = "attacked";

  public Comparison {
    attacks = Collections.unmodifiableMap(new LinkedHashMap<>(attacks));
    calibration = Collections.unmodifiableMap(new LinkedHashMap<>(calibration));
    onlyFirst = List.copyOf(onlyFirst);
    onlySecond = List.copyOf(onlySecond);
    incomplete = List.copyOf(incomplete);
  }

  /** Of two scorecards, whose samples are taken to be different ones. */
  public static Comparison of(Scorecard first, Scorecard second) {
    Map<String, Difference> attacks = new LinkedHashMap<>();
    first
        .attacks()
        .forEach(
            (key, score) -> {
              AttackScore other = second.attacks().get(key);
              if (other != null) {
                attacks.put(
                    key, Difference.unpaired(score.robustAccuracy(), other.robustAccuracy()));
              }
            });
    Rate a = first.robustAccuracy();
    Rate b = second.robustAccuracy();
    return new Comparison(
            Difference.unpaired(first.cleanAccuracy(), second.cleanAccuracy()),
            a == null || b == null ? null : Difference.unpaired(a, b),
            attacks,
            calibration(first.calibration(), second.calibration()),
            without(first.attacks().keySet(), second.attacks().keySet()),
            without(second.attacks().keySet(), first.attacks().keySet()),
            List.of())
        .without(first.incomplete().keySet())
        .without(second.incomplete().keySet());
  }

  /**
   * The same without what rests on these attacks, which have not judged every sample: what they
   * have judged in a cut chunk are the ones that fell first.
   */
  public Comparison without(Collection<String> cut) {
    if (cut.isEmpty()) {
      return this;
    }
    Map<String, Difference> rest = new LinkedHashMap<>(attacks);
    rest.keySet().removeAll(Set.copyOf(cut));
    Map<String, CalibrationDifference> calibrated = new LinkedHashMap<>(calibration);
    calibrated.remove(ATTACKED);
    List<String> open = new ArrayList<>(incomplete);
    cut.stream().filter(key -> !open.contains(key)).forEach(open::add);
    return new Comparison(cleanAccuracy, null, rest, calibrated, onlyFirst, onlySecond, open);
  }

  /**
   * Of two ledgers. Where both have judged the same sample ids with the same labels, sample is
   * compared with sample, which gives much narrower intervals.
   *
   * @throws InvalidInputException if a ledger has no clean row
   */
  public static Comparison of(Iterable<Attempt> first, Iterable<Attempt> second) {
    Verdicts a = new Verdicts(first);
    Verdicts b = new Verdicts(second);
    boolean paired = a.labels.equals(b.labels);
    Map<String, Difference> attacks = new LinkedHashMap<>();
    a.attacks.forEach(
        (key, held) -> {
          Map<Long, Boolean> other = b.attacks.get(key);
          if (other != null) {
            attacks.put(key, difference(held, other, paired));
          }
        });
    Map<Long, Boolean> robustA = a.robust();
    Map<Long, Boolean> robustB = b.robust();
    return new Comparison(
            difference(a.clean, b.clean, paired),
            robustA.isEmpty() || robustB.isEmpty() ? null : difference(robustA, robustB, paired),
            attacks,
            calibration(a, b, paired),
            without(a.attacks.keySet(), b.attacks.keySet()),
            without(b.attacks.keySet(), a.attacks.keySet()),
            List.of())
        .without(a.incomplete())
        .without(b.incomplete());
  }

  /** As indented JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }

  private static Difference difference(
      Map<Long, Boolean> first, Map<Long, Boolean> second, boolean sameSamples) {
    if (!sameSamples || !first.keySet().equals(second.keySet())) {
      return Difference.unpaired(rate(first), rate(second));
    }
    long[] cells = new long[4]; // both, only first, only second, neither
    first.forEach(
        (sample, success) ->
            cells[(success ? 0 : 2) + (second.getOrDefault(sample, false) ? 0 : 1)]++);
    return Difference.paired(cells[0], cells[1], cells[2], cells[3]);
  }

  private static Map<String, CalibrationDifference> calibration(
      CalibrationPair first, CalibrationPair second) {
    Map<String, CalibrationDifference> differences = new LinkedHashMap<>();
    Calibration clean = first.clean();
    Calibration cleanSecond = second.clean();
    if (clean != null && cleanSecond != null) {
      differences.put(CLEAN, CalibrationDifference.of(clean, cleanSecond));
    }
    Calibration attacked = first.attacked();
    Calibration attackedSecond = second.attacked();
    if (attacked != null && attackedSecond != null) {
      differences.put(ATTACKED, CalibrationDifference.of(attacked, attackedSecond));
    }
    return differences;
  }

  private static Map<String, CalibrationDifference> calibration(
      Verdicts first, Verdicts second, boolean sameSamples) {
    Map<String, CalibrationDifference> differences = new LinkedHashMap<>();
    compare(CLEAN, first.cleanRows(), second.cleanRows(), sameSamples, differences);
    compare(ATTACKED, first.worstRows(), second.worstRows(), sameSamples, differences);
    return differences;
  }

  private static void compare(
      String key,
      List<Attempt> first,
      List<Attempt> second,
      boolean sameSamples,
      Map<String, CalibrationDifference> differences) {
    Predictions a = new Predictions(first);
    Predictions b = new Predictions(second);
    if (a.size() > 0 && b.size() > 0) {
      differences.put(key, CalibrationDifference.of(a, b, sameSamples));
    }
  }

  private static Rate rate(Map<Long, Boolean> successes) {
    return Rate.of(successes.values().stream().filter(s -> s).count(), successes.size());
  }

  private static List<String> without(Collection<String> keys, Collection<String> others) {
    List<String> rest = new ArrayList<>(keys);
    rest.removeAll(new HashSet<>(others));
    return rest;
  }

  /** Success by sample id. */
  private static final class Verdicts {
    private final Map<Long, Integer> labels = new HashMap<>();
    private final Map<Long, Boolean> clean = new HashMap<>();
    private final TreeMap<String, Map<Long, Boolean>> attacks = new TreeMap<>();
    private final TreeMap<Long, Scoring.Sample> samples = new TreeMap<>();

    Verdicts(Iterable<Attempt> rows) {
      for (Attempt row : rows) {
        if (row.kind() == Kind.CLEAN) {
          labels.put(row.sampleId(), row.label());
          clean.put(row.sampleId(), row.outcome() == Outcome.CORRECT);
          sample(row).clean = row;
        } else if (row.kind() == Kind.VERDICT) {
          attacks
              .computeIfAbsent(row.attempt(), key -> new HashMap<>())
              .put(row.sampleId(), row.outcome() == Outcome.HELD);
          sample(row).addVerdict(row);
        }
      }
      if (clean.isEmpty()) {
        throw new InvalidInputException("ledger", "", "at least one clean row", "none");
      }
    }

    /** Attacks without a verdict on some sample. */
    List<String> incomplete() {
      return attacks.entrySet().stream()
          .filter(attack -> !attack.getValue().keySet().containsAll(clean.keySet()))
          .map(Map.Entry::getKey)
          .toList();
    }

    private Scoring.Sample sample(Attempt row) {
      return samples.computeIfAbsent(row.sampleId(), id -> new Scoring.Sample());
    }

    /** Clean rows in the order of sample ids. */
    List<Attempt> cleanRows() {
      return samples.values().stream().map(s -> s.clean).filter(Objects::nonNull).toList();
    }

    /** The worst verdict of each sample that every attack was tried on, in the order of ids. */
    List<Attempt> worstRows() {
      return samples.values().stream()
          .filter(s -> s.verdicts == attacks.size())
          .map(s -> s.worst)
          .filter(Objects::nonNull)
          .toList();
    }

    /** Whether each sample that every attack was tried on held against all. */
    Map<Long, Boolean> robust() {
      Map<Long, Boolean> robust = new HashMap<>();
      if (attacks.isEmpty()) {
        return robust;
      }
      Set<Long> common = new HashSet<>(clean.keySet());
      attacks.values().forEach(held -> common.retainAll(held.keySet()));
      for (Long sample : common) {
        robust.put(
            sample, attacks.values().stream().allMatch(held -> held.getOrDefault(sample, false)));
      }
      return robust;
    }
  }
}
