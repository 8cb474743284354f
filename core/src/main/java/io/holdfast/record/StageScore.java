package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * What one of the attacks achieved that an attack consists of.
 *
 * @param attacked samples that still stood when its turn came
 * @param fell those of them that it felled
 * @param queries forward passes in total
 * @param gradients gradient evaluations in total
 * @param leastQueries fewest forward passes spent on a sample that held; 0 if none held
 * @param leastGradients fewest gradient evaluations spent on a sample that held; 0 if none held
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record StageScore(
    @JsonProperty(required = true) long attacked,
    @JsonProperty(required = true) long fell,
    @JsonProperty(required = true) long queries,
    @JsonProperty(required = true) long gradients,
    @JsonProperty(required = true) long leastQueries,
    @JsonProperty(required = true) long leastGradients) {
  static final StageScore NONE = new StageScore(0, 0, 0, 0, 0, 0);

  /** With one more row. */
  StageScore plus(Attempt row) {
    boolean falls = row.outcome() == Outcome.FELL;
    boolean first = attacked == fell; // no sample held so far
    return new StageScore(
        attacked + 1,
        fell + (falls ? 1 : 0),
        queries + row.queries(),
        gradients + row.gradients(),
        falls ? leastQueries : first ? row.queries() : Math.min(leastQueries, row.queries()),
        falls
            ? leastGradients
            : first ? row.gradients() : Math.min(leastGradients, row.gradients()));
  }
}
