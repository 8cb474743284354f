package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Accuracy under one type of corruption.
 *
 * @param common whether the type counts for the benchmark's mean
 * @param accuracy mean over severities
 * @param worst the lowest accuracy of any severity
 * @param bySeverity share of samples predicted right, by severity
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CorruptionScore(
    @JsonProperty(required = true) boolean common,
    MeanAccuracy accuracy,
    Rate worst,
    Map<Integer, Rate> bySeverity) {
  public CorruptionScore {
    Objects.requireNonNull(accuracy, "accuracy is missing");
    Objects.requireNonNull(worst, "worst is missing");
    Objects.requireNonNull(bySeverity, "by_severity is missing");
    bySeverity = Collections.unmodifiableMap(new LinkedHashMap<>(bySeverity));
  }
}
