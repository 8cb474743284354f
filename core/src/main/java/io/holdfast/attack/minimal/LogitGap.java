package io.holdfast.attack.minimal;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/**
 * How far the logit of one class is above the label's, {@code z_t - z_y}: 0 on the boundary between
 * the two.
 *
 * @param rivals one class per sample, {@code [N]}, int64
 */
record LogitGap(Tensor rivals) implements Loss {
  @Override
  public String key() {
    return "logit-gap";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return logits.mul(cotangent(logits, reference)).sum(1); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    long classes = logits.size(1);
    return Nn.oneHot(rivals, classes).sub(Nn.oneHot(reference.labels(), classes)); // [N, K]
  }
}
