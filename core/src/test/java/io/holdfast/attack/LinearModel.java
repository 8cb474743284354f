package io.holdfast.attack;

import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/** Logits {@code W x}; input gradients are known by hand. */
final class LinearModel implements Classifier {
  private final float[] weights;
  private final int classes;

  LinearModel(int classes, float... weights) {
    this.classes = classes;
    this.weights = weights.clone();
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public long[] inputShape() {
    return new long[] {weights.length / classes};
  }

  @Override
  public Tensor logits(Tensor x) {
    return x.matmul(Tensors.of(weights, classes, weights.length / classes).transpose(0, 1));
  }
}
