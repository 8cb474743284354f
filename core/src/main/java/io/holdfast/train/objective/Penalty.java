package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A penalty beside the cross-entropy on clean inputs.
 *
 * @param <O> the objective's own class
 */
public interface Penalty<O extends Penalty<O>> extends ListedObjective<O> {
  /** Weight of the penalty, at least 0; 0 is clean training. */
  double lambda();

  /**
   * What a penalty computes.
   *
   * @param clean logits {@code [n, K]} of clean inputs in training mode, on the tape
   * @param robust logits {@code [n, K]} of adversarial inputs, or null
   * @param penalty {@code [n]}, on the tape, at least 0
   */
  record Penalised(Tensor clean, @Nullable Tensor robust, Tensor penalty) {}

  /** The penalty of each sample, without its weight. */
  Penalised penalise(ShardContext shard);

  @Override
  default boolean adversarial() {
    return false;
  }

  /** Without the cross-entropy beside it. */
  @Override
  default boolean smoothsAsTerm() {
    return false;
  }

  @Override
  default ShardLoss loss(ShardContext shard) {
    Penalised found = penalise(shard);
    Tensor natural = Predictions.crossEntropy(shard, found.clean()); // [n]
    return ShardLoss.of(natural.add(found.penalty(), lambda()), found.clean(), found.robust());
  }

  @Override
  default ShardLoss term(ShardContext shard) {
    Penalised found = penalise(shard);
    return ShardLoss.of(found.penalty().mul(lambda()), found.clean(), found.robust());
  }
}
