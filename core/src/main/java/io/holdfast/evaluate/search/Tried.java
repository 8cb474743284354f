package io.holdfast.evaluate.search;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.holdfast.attack.AttackResult;
import io.holdfast.record.Outcome;
import io.holdfast.threat.Norm;
import java.util.Optional;

/**
 * What one setting did to one sample.
 *
 * @param id of the sample
 * @param attacked whether the model gets it right when clean
 * @param fell whether the goal was reached
 * @param missing by how much the logits fall short of the goal where the attack came nearest, at
 *     least 0
 * @param distance of what was found, in the threat model's norm; 0 where nothing was or there is no
 *     norm
 * @param queries forward passes
 * @param gradients backward passes
 */
record Tried(
    @JsonProperty(required = true) long id,
    @JsonProperty(required = true) boolean attacked,
    @JsonProperty(required = true) boolean fell,
    @JsonProperty(required = true) double missing,
    @JsonProperty(required = true) double distance,
    @JsonProperty(required = true) long queries,
    @JsonProperty(required = true) long gradients) {
  static Tried of(AttackResult.Sample sample, Optional<Norm> norm) {
    boolean fell = sample.outcome() == Outcome.FELL;
    return new Tried(
        sample.id(),
        sample.outcome() != Outcome.SKIPPED_WRONG,
        fell,
        fell ? 0 : Math.max(0, -sample.margin()),
        fell && norm.isPresent() ? sample.distances().in(norm.get()) : 0,
        sample.queries(),
        sample.gradients());
  }
}
