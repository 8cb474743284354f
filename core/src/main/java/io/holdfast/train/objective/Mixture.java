package io.holdfast.train.objective;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/**
 * The second labels of samples that were made of two. Shapes: n samples, K classes.
 *
 * @param others second labels {@code [n]}, int64
 * @param shares of the first labels, {@link ShardContext#labels}, in [0, 1], {@code [n]}; 1 where a
 *     sample was left as it is, at least 0.5 where both samples weigh the same
 * @param classes K
 */
public record Mixture(Tensor others, Tensor shares, int classes) {
  /** How likely each class is, {@code [n, K]}. */
  public Tensor probabilities(Tensor labels) {
    Tensor first = shares.unsqueeze(1); // [n, 1]
    return Nn.oneHot(labels, classes)
        .mul(first)
        .add(Nn.oneHot(others, classes).mul(first.neg().add(1))); // [n, K]
  }
}
