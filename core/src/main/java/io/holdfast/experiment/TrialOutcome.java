package io.holdfast.experiment;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.model.graph.Graph;
import io.holdfast.train.TrainingCost;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a trial of a search does where it stands.
 *
 * @param trial its number, from 0; 0 is the experiment as it is
 * @param values that it has in place of the experiment's, by field
 * @param epochs that it was trained
 * @param cleanAccuracy on validation samples, in [0, 1]
 * @param robustAccuracy on validation samples under validation's attack; clean accuracy without a
 *     threat model
 * @param attackGradients gradients of searches in its training, summed over samples
 * @param backwardPasses backward passes in its training, those of searches included, summed over
 *     samples
 * @param multiplications that many passes' of the model's matrices and kernels: its cost
 * @param diverged whether its training ended with numbers that are not finite, or for want of
 *     memory
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TrialOutcome(
    @JsonProperty(required = true) int trial,
    @JsonProperty(required = true) Map<String, String> values,
    @JsonProperty(required = true) int epochs,
    @JsonProperty(required = true) double cleanAccuracy,
    @JsonProperty(required = true) double robustAccuracy,
    @JsonProperty(required = true) double attackGradients,
    @JsonProperty(required = true) double backwardPasses,
    @JsonProperty(required = true) double multiplications,
    @JsonProperty(required = true) boolean diverged) {
  /** The more robust first, then the more accurate, then the one that began earlier. */
  static final Comparator<TrialOutcome> STRONGEST =
      Comparator.comparing(TrialOutcome::diverged)
          .thenComparing(Comparator.comparingDouble(TrialOutcome::robustAccuracy).reversed())
          .thenComparing(Comparator.comparingDouble(TrialOutcome::cleanAccuracy).reversed())
          .thenComparingInt(TrialOutcome::trial);

  public TrialOutcome {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Of a training of a model that has come so far. */
  static TrialOutcome of(
      int trial,
      Map<String, String> values,
      int epochs,
      EpochFigures seen,
      TrainingCost cost,
      Graph model) {
    return new TrialOutcome(
        trial,
        values,
        epochs,
        seen.clean(),
        seen.robust(),
        cost.attackGradients(),
        cost.backwardPasses(),
        cost.backwardPasses() * model.multiplications(),
        false);
  }

  /**
   * Whether this is at least as good as another one in clean accuracy, robust accuracy and cost,
   * and better in one of them.
   */
  boolean dominates(TrialOutcome other) {
    boolean asGood =
        cleanAccuracy >= other.cleanAccuracy
            && robustAccuracy >= other.robustAccuracy
            && multiplications <= other.multiplications;
    boolean better =
        cleanAccuracy > other.cleanAccuracy
            || robustAccuracy > other.robustAccuracy
            || multiplications < other.multiplications;
    return !diverged && (other.diverged || (asGood && better));
  }
}
