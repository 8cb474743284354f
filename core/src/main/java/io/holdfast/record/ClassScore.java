package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Accuracies over the samples of one class; classes without samples have none.
 *
 * @param label the class, from 0
 * @param name its name, or its number where the data has no names
 * @param cleanAccuracy share predicted right when clean
 * @param robustAccuracy share that held against every attack; null where no attack was run
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ClassScore(
    @JsonProperty(required = true) int label,
    String name,
    Rate cleanAccuracy,
    @Nullable Rate robustAccuracy) {
  public ClassScore {
    Objects.requireNonNull(name, "name is missing");
    Objects.requireNonNull(cleanAccuracy, "clean_accuracy is missing");
  }
}
