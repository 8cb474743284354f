package io.holdfast.train.objective;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/** Cross-entropy on clean inputs. */
public record Standard() implements Objective {
  @Override
  public String name() {
    return "standard";
  }

  @Override
  public boolean adversarial() {
    return false;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor logits = shard.logits(shard.inputs()); // [n, K]
    return new ShardLoss(
        Nn.crossEntropy(logits, shard.labels(), shard.labelSmoothing()), logits.detach(), null);
  }
}
