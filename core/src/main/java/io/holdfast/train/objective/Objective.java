package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A training loss with the adversary inside. It sees one shard at a time, is used by many threads
 * at once, and holds no state.
 */
public interface Objective {
  /** The name in experiment files, such as {@code trades}. */
  String name();

  /** True where the loss uses adversarial examples. */
  default boolean adversarial() {
    return true;
  }

  /**
   * True where the loss says where its search begins, whatever the experiment's search says. Others
   * pass {@link ShardContext#start} on.
   */
  default boolean ownStart() {
    return false;
  }

  /** The loss of one shard, on the tape of the shard's parameter leaves. */
  ShardLoss loss(ShardContext shard);

  /**
   * What an objective gives back. Shapes: n samples, K classes.
   *
   * @param perSample losses {@code [n]}, on the tape; the loop multiplies each by its sample's
   *     weight, adds them up and divides by the number of samples in the batch
   * @param clean logits {@code [n, K]} of clean inputs, off the tape, where the objective has them
   * @param robust logits {@code [n, K]} of adversarial inputs, off the tape, where it has them
   */
  record ShardLoss(Tensor perSample, @Nullable Tensor clean, @Nullable Tensor robust) {}
}
