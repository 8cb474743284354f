package io.holdfast.train.objective;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * What losses are made of, on the tape. Shapes: n samples, K classes; logits {@code [n, K]}, labels
 * {@code [n]} int64.
 */
public final class Predictions {
  private Predictions() {}

  /**
   * Cross-entropy with the labels as the experiment smooths them, {@code [n]}; of samples that were
   * made of two, with both labels by their shares.
   */
  public static Tensor crossEntropy(ShardContext shard, Tensor logits) {
    Tensor first = Nn.crossEntropy(logits, shard.labels(), shard.labelSmoothing()); // [n]
    Mixture mixture = shard.mixture();
    if (mixture == null) {
      return first;
    }
    Tensor second = Nn.crossEntropy(logits, mixture.others(), shard.labelSmoothing()); // [n]
    return first.sub(second).mul(mixture.shares()).add(second);
  }

  /**
   * Kullback-Leibler divergence of q from p, {@code [n]}: sum over classes of p (log p - log q).
   *
   * @param logP log-probabilities {@code [n, K]}
   * @param logQ log-probabilities {@code [n, K]}
   */
  public static Tensor divergence(Tensor logP, Tensor logQ) {
    return logP.exp().mul(logP.sub(logQ)).sum(1);
  }

  /** As {@link #divergence}, from logits at a temperature. */
  public static Tensor divergence(Tensor p, Tensor q, double temperature) {
    return divergence(logSoftmax(p, temperature), logSoftmax(q, temperature)); // [n]
  }

  /** Log-probabilities {@code [n, K]} at a temperature above 0. */
  public static Tensor logSoftmax(Tensor logits, double temperature) {
    return Nn.logSoftmax(temperature == 1 ? logits : logits.div(temperature), 1);
  }

  /** The entry of each row at its class, {@code [n]}. */
  public static Tensor at(Tensor rows, Tensor classes) {
    return rows.gather(1, classes.unsqueeze(1)).squeeze(1);
  }

  /** The largest entry of each row but that at its class, {@code [n]}. */
  public static Tensor bestOther(Tensor rows, Tensor classes) {
    return at(rows, rival(rows, classes));
  }

  /** Where the largest entry of each row stands, but that at its class; {@code [n]}, int64. */
  public static Tensor rival(Tensor rows, Tensor classes) {
    return rows.detach()
        .clone()
        .scatterInPlace(1, classes.unsqueeze(1), Double.NEGATIVE_INFINITY)
        .argmax(1);
  }

  /** True at the class of each row, {@code [n, K]}. */
  public static Tensor isClass(Tensor rows, Tensor classes) {
    return Tensors.zerosLike(rows.detach()).scatterInPlace(1, classes.unsqueeze(1), 1).gt(0);
  }

  /** The label's logit over the best other one, {@code [n]}; positive where it is right. */
  public static Tensor margin(Tensor logits, Tensor labels) {
    return at(logits, labels).sub(bestOther(logits, labels));
  }

  /**
   * Weights {@code [n]} times one number that makes their mean over the batch 1; equal ones where
   * all are 0. Shards wait for each other here.
   */
  public static Tensor meanOne(ShardContext shard, Tensor weights) {
    double[] sums = shard.batchSum("weights", weights.sum().item(), (double) weights.size(0));
    return sums[0] > 0 ? weights.mul(sums[1] / sums[0]) : weights.mul(0).add(1);
  }

  /** Sum of squares of each sample, {@code [n]}, of {@code t [n, ...]}. */
  public static Tensor squareNorm(Tensor t) {
    return t.reshape(t.size(0), -1).square().sum(1);
  }
}
