package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The aggregates of a ledger under the scoring rule of {@code docs/scoring.md}. Equal runs give
 * equal scorecards but for {@link #timing}.
 *
 * @param version version of the scoring rule
 * @param threat id of the threat model
 * @param threatModel the threat model as settings
 * @param flags warnings in plain words; empty if nothing is suspicious
 * @param cleanAccuracy share of samples predicted right when clean
 * @param robustAccuracy share that held against every attack; null where no attack was run
 * @param attacks by key, in the ledger's order
 * @param certificates by key
 * @param classes by label
 * @param calibration expected calibration error, clean and under attack
 * @param curve robust accuracy against epsilon, by attack and epsilon
 * @param corruptions accuracy under natural corruptions; null where none were tried
 * @param confusion label against prediction, clean and under attack
 * @param provenance where the numbers come from
 * @param incomplete by attack, samples that still lack its verdict since the budget of time had
 *     ended; robust accuracies are then upper bounds. Empty for a whole evaluation
 * @param timing seconds by phase; the only part that differs between equal runs
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Scorecard(
    @JsonProperty(required = true) int version,
    String threat,
    Map<String, Object> threatModel,
    List<String> flags,
    Rate cleanAccuracy,
    @Nullable Rate robustAccuracy,
    Map<String, AttackScore> attacks,
    Map<String, CertificateScore> certificates,
    List<ClassScore> classes,
    CalibrationPair calibration,
    List<CurvePoint> curve,
    @Nullable CorruptionScores corruptions,
    Confusion confusion,
    Provenance provenance,
    Map<String, Long> incomplete,
    Map<String, Double> timing) {
  /** Version of the scoring rule that this code computes and reads. */
  public static final int VERSION = 1;

  public Scorecard {
    if (version != VERSION) {
      throw new IllegalArgumentException("expected version " + VERSION + ", found " + version);
    }
    Objects.requireNonNull(threat, "threat is missing");
    Objects.requireNonNull(cleanAccuracy, "clean_accuracy is missing");
    Objects.requireNonNull(calibration, "calibration is missing");
    Objects.requireNonNull(confusion, "confusion is missing");
    Objects.requireNonNull(provenance, "provenance is missing");
    threatModel = copy(threatModel, "threat_model");
    attacks = copy(attacks, "attacks");
    certificates = copy(certificates, "certificates");
    incomplete = incomplete == null ? Map.of() : copy(incomplete, "incomplete");
    timing = copy(timing, "timing");
    flags = List.copyOf(Objects.requireNonNull(flags, "flags is missing"));
    classes = List.copyOf(Objects.requireNonNull(classes, "classes is missing"));
    curve = List.copyOf(Objects.requireNonNull(curve, "curve is missing"));
  }

  /**
   * The settings in which another's threat model differs, such as {@code epsilon}; empty where both
   * allow the same. Names and versions do not count.
   */
  public Set<String> threatDifferences(Scorecard other) {
    Set<String> keys = new TreeSet<>(threatModel.keySet());
    keys.addAll(other.threatModel.keySet());
    keys.removeAll(Set.of("name", "version"));
    keys.removeIf(key -> plain(threatModel.get(key)).equals(plain(other.threatModel.get(key))));
    return keys;
  }

  /** Numbers by their values, whether they were read from a file or not. */
  private static Object plain(@Nullable Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Scorecard::plain).toList();
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> all = new TreeMap<>();
      map.forEach((key, own) -> all.put(String.valueOf(key), plain(own)));
      return all;
    }
    return value == null ? "" : value;
  }

  /**
   * Computes the scorecard of some rows, after {@link Invariants} were checked on them. Their order
   * does not matter.
   *
   * @throws InvalidInputException if the rows make no evaluation: no clean row, an attack on a
   *     sample without one, two verdicts of one attack on one sample, two threat models
   * @throws InvariantViolationException if they contradict each other
   */
  public static Scorecard of(Iterable<Attempt> rows, ScorecardContext context) {
    Invariants.check(rows, context.norms());
    return new Scoring(context).score(rows);
  }

  /**
   * Reads {@code scorecard.json}.
   *
   * @throws InvalidInputException if it cannot be read or is none
   */
  public static Scorecard read(Path file) {
    return Json.read(file, Scorecard.class);
  }

  /**
   * Reads a scorecard's JSON.
   *
   * @param source its name in messages
   * @throws InvalidInputException if it is none
   */
  public static Scorecard fromJson(String json, String source) {
    return Json.parse(json, source, Scorecard.class);
  }

  /** Robust accuracy by attack, but for those that time has cut: theirs are upper bounds. */
  public Map<String, Rate> settled() {
    Map<String, Rate> settled = new LinkedHashMap<>();
    attacks.forEach((key, score) -> settled.put(key, score.robustAccuracy()));
    settled.keySet().removeAll(incomplete.keySet());
    return settled;
  }

  /** Robust accuracy in the worst case; null also where time has cut an attack. */
  public @Nullable Rate settledWorst() {
    return incomplete.isEmpty() ? robustAccuracy : null;
  }

  /** As indented JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }

  /** Writes {@link #toJson} atomically. */
  public void write(Path file) {
    AtomicFiles.write(file, toJson());
  }

  /** Without the times, for comparing runs. */
  public Scorecard withoutTiming() {
    return withTiming(Map.of());
  }

  /** With these times in seconds, by phase. */
  public Scorecard withTiming(Map<String, Double> seconds) {
    return new Scorecard(
        version,
        threat,
        threatModel,
        flags,
        cleanAccuracy,
        robustAccuracy,
        attacks,
        certificates,
        classes,
        calibration,
        curve,
        corruptions,
        confusion,
        provenance,
        incomplete,
        seconds);
  }

  private static <V> Map<String, V> copy(@Nullable Map<String, V> map, String name) {
    return Collections.unmodifiableMap(
        new LinkedHashMap<>(Objects.requireNonNull(map, name + " is missing")));
  }
}
