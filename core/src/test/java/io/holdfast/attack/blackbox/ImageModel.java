package io.holdfast.attack.blackbox;

import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;

/** Linear logits of images {@code [C, 8, 8]}, three classes, without input gradients. */
public record ImageModel(long channels) implements Classifier {
  @Override
  public int classes() {
    return 3;
  }

  @Override
  public long[] inputShape() {
    return new long[] {channels, 8, 8};
  }

  @Override
  public boolean differentiable() {
    return false;
  }

  @Override
  public Tensor logits(Tensor x) {
    Tensor weights = Rng.of(new Seed(3)).normal(channels * 64, 3); // [D, K]
    return x.flatten(1, -1).sub(0.5).matmul(weights); // [N, K]
  }
}
