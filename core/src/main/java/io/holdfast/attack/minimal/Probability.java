package io.holdfast.attack.minimal;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The softmax probability of the target or, without one, minus that of the label. */
enum Probability implements Loss {
  /** The only one. */
  LOSS;

  @Override
  public String key() {
    return "probability";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return Nn.softmax(logits, 1).mul(direction(logits, reference)).sum(1); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    Tensor p = Nn.softmax(logits, 1); // [N, K]
    Tensor direction = direction(logits, reference); // [N, K]
    Tensor mean = p.mul(direction).sumKeep(1); // [N, 1]
    return p.mul(direction.sub(mean)); // [N, K]
  }

  /** One-hot rows of the target, or minus those of the label, {@code [N, K]}. */
  private static Tensor direction(Tensor logits, Reference reference) {
    @Nullable Tensor targets = reference.targets();
    return targets == null
        ? Nn.oneHot(reference.labels(), logits.size(1)).neg()
        : Nn.oneHot(targets, logits.size(1));
  }
}
