package io.holdfast.train.objective;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/**
 * Cross-entropy on the worst case found by projected gradient ascent (Madry et al. 2018, equation
 * 2.1), from where the experiment's search begins, uniformly in the set unless it says more.
 */
public record PgdAt() implements Objective {
  @Override
  public String name() {
    return "pgd-at";
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst =
        shard.adversarial(Losses.CE, Reference.labels(shard.labels()), shard.start()); // [n, ...]
    Tensor logits = shard.logits(worst); // [n, K]
    return new ShardLoss(
        Nn.crossEntropy(logits, shard.labels(), shard.labelSmoothing()), null, logits.detach());
  }
}
