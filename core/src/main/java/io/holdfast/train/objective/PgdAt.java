package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/**
 * Cross-entropy on the worst case found by projected gradient ascent from a uniform start (Madry et
 * al. 2018, equation 2.1).
 */
public record PgdAt() implements Objective {
  @Override
  public String name() {
    return "pgd-at";
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor worst =
        shard.adversarial(Losses.CE, Reference.labels(shard.labels()), Start.UNIFORM); // [n, ...]
    Tensor logits = shard.logits(worst); // [n, K]
    return new ShardLoss(
        Nn.crossEntropy(logits, shard.labels(), shard.labelSmoothing()), null, logits.detach());
  }
}
