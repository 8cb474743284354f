package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;

/**
 * What a search saw at its points. Shapes: n samples that are still in the task, D components, K
 * classes.
 *
 * @param logits {@code [n, K]}
 * @param change from the clean inputs to the points, {@code [n, D]}
 * @param length of the change in the threat's norm, {@code [n, 1]}
 * @param margin how far the logits are beyond the goal's boundary, {@code [n, 1]}, negative before
 *     it
 * @param reached whether the goal is reached, {@code [n, 1]}
 */
record Look(Tensor logits, Tensor change, Tensor length, Tensor margin, Tensor reached) {
  /** Of those who stay. */
  Look of(AttackTask.Stay stay) {
    return new Look(
        stay.of(logits), stay.of(change), stay.of(length), stay.of(margin), stay.of(reached));
  }
}
