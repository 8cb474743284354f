package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Objects;

/**
 * One point of robust accuracy against epsilon.
 *
 * @param attack key of the attack
 * @param epsilon its magnitude; at 0 stands the clean accuracy of the same samples
 * @param robustAccuracy share of samples that held
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CurvePoint(
    String attack, @JsonProperty(required = true) double epsilon, Rate robustAccuracy) {
  public CurvePoint {
    Objects.requireNonNull(attack, "attack is missing");
    Objects.requireNonNull(robustAccuracy, "robust_accuracy is missing");
  }
}
