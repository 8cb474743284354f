package io.holdfast.attack.minimal;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;

/**
 * How far the logit of one class is above the label's, {@code z_t - z_y}: 0 on the boundary between
 * the two. {@link Losses#MD} towards classes of its own, whatever the goal.
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
    return Losses.MD.value(logits, towards(reference)); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    return Losses.MD.cotangent(logits, towards(reference)); // [N, K]
  }

  private Reference towards(Reference reference) {
    return Reference.targets(reference.labels(), rivals);
  }
}
