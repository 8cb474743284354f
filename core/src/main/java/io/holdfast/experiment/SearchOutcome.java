package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.Json;
import io.holdfast.evaluate.AttackCost;
import io.holdfast.evaluate.search.Trial;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a search for an attack's settings came to; the same for the same seed and number of trials.
 *
 * @param given the attack as it was given, with which {@code trials} begins
 * @param found the strongest on the slice, to be pasted; the given one where none was stronger
 * @param words what was found, in a sentence or two
 * @param threat the threat model
 * @param surrogates that were searched on; empty for none
 * @param seed of everything
 * @param tried settings beside the given one
 * @param cut whether time was over before all were tried
 * @param slice samples that settings were judged by
 * @param cost gradients and queries per sample that no setting exceeds, as counted on a sample that
 *     cannot fall
 * @param heldOut the comparison on the other samples; null where the given one was the strongest
 * @param trials all settings with their scores
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record SearchOutcome(
    String given,
    String found,
    String words,
    String threat,
    String surrogates,
    long seed,
    int tried,
    boolean cut,
    int slice,
    AttackCost cost,
    @Nullable HeldOut heldOut,
    List<Trial> trials) {
  public SearchOutcome {
    trials = List.copyOf(trials);
  }

  /** As indented JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }
}
