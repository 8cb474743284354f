/** Penalties on how predictions and derivatives change around an input. */
@NullMarked
package io.holdfast.train.objective.consistency;

import org.jspecify.annotations.NullMarked;
