package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;

/**
 * A look and the derivative of a loss at the same points.
 *
 * @param look what was seen
 * @param gradient of the loss with respect to the inputs, {@code [n, D]}
 */
record Slope(Look look, Tensor gradient) {
  /** Of those who stay. */
  Slope of(AttackTask.Stay stay) {
    return new Slope(look.of(stay), stay.of(gradient));
  }
}
