package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;

/**
 * A training loss with the adversary inside. It sees one shard at a time and is used by many
 * threads at once; it holds no state.
 */
public interface Objective {
  /** The name in experiment files, such as {@code trades}. */
  String name();

  /** True where the loss uses adversarial examples. */
  default boolean adversarial() {
    return true;
  }

  /** The loss of one shard, on the tape of the shard's parameter leaves. */
  ShardLoss loss(ShardContext shard);

  /**
   * What an objective gives back.
   *
   * @param perSample losses {@code [n]}, on the tape; the loop averages them over the batch
   * @param clean logits {@code [n, K]} of clean inputs where the objective has them, else null
   * @param robust logits {@code [n, K]} of adversarial inputs where the objective has them
   */
  record ShardLoss(
      Tensor perSample,
      @org.jspecify.annotations.Nullable Tensor clean,
      @org.jspecify.annotations.Nullable Tensor robust) {}
}
