package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/**
 * Cross-entropy on clean inputs plus {@code beta} times the Kullback-Leibler divergence between the
 * predictions on clean and on adversarial inputs; these maximise that divergence from a small
 * Gaussian start (Zhang et al. 2019, equation 5 and algorithm 1).
 *
 * @param beta weight of the divergence, at least 0; 0 is clean training
 */
public record Trades(double beta) implements Objective {
  public Trades {
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("beta: finite, at least 0, found " + beta);
    }
  }

  public static Trades beta(double beta) {
    return new Trades(beta);
  }

  @Override
  public String name() {
    return "trades";
  }

  /** The divergence has no slope at the clean input. */
  @Override
  public boolean ownStart() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Tensor reference = Nn.softmax(shard.evaluationLogits(shard.inputs()), 1); // [n, K]
    Tensor worst =
        shard.adversarial(
            Losses.KL, Reference.probabilities(shard.labels(), reference), Start.SMALL_NORMAL);
    Tensor clean = shard.logits(shard.inputs()); // [n, K]
    Tensor robust = shard.logits(worst); // [n, K]
    Tensor natural = Nn.crossEntropy(clean, shard.labels(), shard.labelSmoothing()); // [n]
    Tensor logClean = Nn.logSoftmax(clean, 1);
    Tensor divergence = logClean.exp().mul(logClean.sub(Nn.logSoftmax(robust, 1))).sum(1); // [n]
    return new ShardLoss(natural.add(divergence, beta), clean.detach(), robust.detach());
  }
}
