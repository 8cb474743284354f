package io.holdfast.attack;

import io.holdfast.tensor.Tensor;

/**
 * What an attacker maximises, as a function of the logits. Shapes: N batch, K classes; all float32
 * and off the tape, so that the tape and compiled plans are interchangeable.
 */
public interface Loss {
  /** The name in files and keys, such as {@code ce}. */
  String key();

  /** Fewest classes for which the loss is defined. */
  default int minClasses(boolean targeted) {
    return 2;
  }

  /** The loss of each sample, {@code [N]}, from {@code logits [N, K]}. */
  Tensor value(Tensor logits, Reference reference);

  /**
   * Its derivative with respect to the logits, {@code [N, K]}: row i is that of sample i's loss.
   */
  Tensor cotangent(Tensor logits, Reference reference);
}
