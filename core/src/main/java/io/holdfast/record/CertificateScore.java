package io.holdfast.record;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one method of certification proved.
 *
 * @param certifiedAccuracy share of samples proven right within at least the threat model's epsilon
 * @param radius of the certified samples; null if there is none
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CertificateScore(Rate certifiedAccuracy, @Nullable Summary radius) {
  public CertificateScore {
    Objects.requireNonNull(certifiedAccuracy, "certified_accuracy is missing");
  }
}
