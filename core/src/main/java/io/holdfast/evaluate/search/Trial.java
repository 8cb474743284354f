package io.holdfast.evaluate.search;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * One setting of the attack and how it did as far as it came.
 *
 * @param attack name and settings, to be pasted
 * @param score on the first samples of the slice; all of them where it was never dropped
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Trial(String attack, Score score) {}
