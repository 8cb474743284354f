package io.holdfast.record;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Accuracy under natural corruptions. Means are over the common types; of a benchmark without any
 * they are over all its types.
 *
 * @param accuracy mean over types and severities
 * @param clean share of the same samples predicted right when clean
 * @param bySeverity mean over types, by severity
 * @param everyType share of samples predicted right under every type, by severity
 * @param worst key of the type with the lowest mean, the first of several
 * @param types by key, in the order of the benchmark
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CorruptionScores(
    MeanAccuracy accuracy,
    Rate clean,
    Map<Integer, MeanAccuracy> bySeverity,
    Map<Integer, Rate> everyType,
    String worst,
    Map<String, CorruptionScore> types) {
  public CorruptionScores {
    Objects.requireNonNull(accuracy, "accuracy is missing");
    Objects.requireNonNull(clean, "clean is missing");
    Objects.requireNonNull(worst, "worst is missing");
    bySeverity = copy(bySeverity, "by_severity");
    everyType = copy(everyType, "every_type");
    types = copy(types, "types");
  }

  private static <K, V> Map<K, V> copy(@Nullable Map<K, V> map, String name) {
    return Collections.unmodifiableMap(
        new LinkedHashMap<>(Objects.requireNonNull(map, name + " is missing")));
  }
}
