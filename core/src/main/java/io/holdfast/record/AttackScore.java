package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one attack achieved.
 *
 * @param robustAccuracy share of all its samples that held; those wrong when clean count as lost
 * @param successRate share of the samples it attacked that fell; null if it attacked none
 * @param seenInTraining whether the model was trained on an attack of that name, or of its family;
 *     null if nothing is recorded by which it could be known
 * @param epsilon magnitude allowed
 * @param distance of its successes by norm ({@code l0}, {@code l1}, {@code l2}, {@code linf}),
 *     where defined
 * @param ssim structural similarity of its successes to the clean samples; null where undefined
 * @param queries forward passes in total
 * @param gradients gradient evaluations in total
 * @param queriesToSuccess forward passes of its successes; null if there is none
 * @param stages of an attack that consists of several, by key, the one tried on most samples first;
 *     else empty
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AttackScore(
    Rate robustAccuracy,
    @Nullable Rate successRate,
    @JsonProperty(required = true) @Nullable Boolean seenInTraining,
    @JsonProperty(required = true) double epsilon,
    Map<String, Summary> distance,
    @Nullable Summary ssim,
    @JsonProperty(required = true) long queries,
    @JsonProperty(required = true) long gradients,
    @Nullable Summary queriesToSuccess,
    Map<String, StageScore> stages) {

  public AttackScore {
    Objects.requireNonNull(robustAccuracy, "robust_accuracy is missing");
    Objects.requireNonNull(distance, "distance is missing");
    Objects.requireNonNull(stages, "stages is missing");
    distance = Collections.unmodifiableMap(new LinkedHashMap<>(distance));
    stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
  }
}
