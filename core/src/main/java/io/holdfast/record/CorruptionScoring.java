package io.holdfast.record;

import io.holdfast.data.image.corruption.Corruption;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The part of the scoring rule that is about natural corruptions. */
final class CorruptionScoring {
  private static final Comparator<String> ORDER =
      Comparator.<String>comparingInt(
              key -> Corruption.ofKey(key).map(Corruption::number).orElse(Integer.MAX_VALUE))
          .thenComparing(Comparator.naturalOrder());

  private final TreeMap<String, TreeMap<Integer, Count>> cells = new TreeMap<>(ORDER);
  private final TreeMap<String, Shares> types = new TreeMap<>(ORDER);
  private final TreeMap<Integer, Shares> severities = new TreeMap<>();
  private final TreeMap<Integer, Shares> commonSeverities = new TreeMap<>();
  private final Shares all = new Shares();
  private final Shares common = new Shares();

  /** Right answers of one type and severity. */
  private static final class Count {
    private long right;
    private long n;
  }

  /** Right answers of each sample. */
  private static final class Shares {
    private final TreeMap<Long, long[]> bySample = new TreeMap<>(); // right, asked

    void add(Attempt row) {
      long[] counts = bySample.computeIfAbsent(row.sampleId(), id -> new long[2]);
      counts[0] += row.right() ? 1 : 0;
      counts[1]++;
    }

    MeanAccuracy mean() {
      Collection<long[]> counts = bySample.values();
      return MeanAccuracy.of(counts.stream().mapToDouble(c -> (double) c[0] / c[1]).toArray());
    }

    Rate always() {
      return Rate.of(bySample.values().stream().filter(c -> c[0] == c[1]).count(), bySample.size());
    }

    Rate clean(LongPredicate right) {
      return Rate.of(
          bySample.keySet().stream().filter(id -> right.test(id)).count(), bySample.size());
    }
  }

  void add(Attempt row) {
    int severity = (int) row.epsilon();
    Count count =
        cells
            .computeIfAbsent(row.attempt(), key -> new TreeMap<>())
            .computeIfAbsent(severity, s -> new Count());
    count.n++;
    count.right += row.right() ? 1 : 0;
    types.computeIfAbsent(row.attempt(), key -> new Shares()).add(row);
    severities.computeIfAbsent(severity, s -> new Shares()).add(row);
    all.add(row);
    if (isCommon(row.attempt())) {
      commonSeverities.computeIfAbsent(severity, s -> new Shares()).add(row);
      common.add(row);
    }
  }

  private static boolean isCommon(String key) {
    return Corruption.ofKey(key).filter(Corruption.COMMON::contains).isPresent();
  }

  /**
   * The scores, or null without a row.
   *
   * @param rightWhenClean of a sample's id
   */
  @Nullable CorruptionScores scores(LongPredicate rightWhenClean) {
    if (cells.isEmpty()) {
      return null;
    }
    boolean some = !commonSeverities.isEmpty();
    TreeMap<Integer, Shares> counted = some ? commonSeverities : severities;
    Map<Integer, MeanAccuracy> means = new LinkedHashMap<>();
    Map<Integer, Rate> always = new LinkedHashMap<>();
    counted.forEach(
        (severity, shares) -> {
          means.put(severity, shares.mean());
          always.put(severity, shares.always());
        });
    Map<String, CorruptionScore> byType = new LinkedHashMap<>();
    cells.forEach((key, counts) -> byType.put(key, score(key, counts)));
    String worst = cells.firstKey();
    for (Map.Entry<String, CorruptionScore> type : byType.entrySet()) {
      double lowest = Objects.requireNonNull(byType.get(worst)).accuracy().value();
      worst = type.getValue().accuracy().value() < lowest ? type.getKey() : worst;
    }
    return new CorruptionScores(
        (some ? common : all).mean(), all.clean(rightWhenClean), means, always, worst, byType);
  }

  private CorruptionScore score(String key, Map<Integer, Count> counts) {
    Map<Integer, Rate> rates = new LinkedHashMap<>();
    counts.forEach((severity, count) -> rates.put(severity, Rate.of(count.right, count.n)));
    Rate worst = rates.values().stream().min(Comparator.comparingDouble(Rate::value)).orElseThrow();
    Shares shares = Objects.requireNonNull(types.get(key));
    return new CorruptionScore(isCommon(key), shares.mean(), worst, rates);
  }
}
