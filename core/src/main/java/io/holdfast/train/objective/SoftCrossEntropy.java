package io.holdfast.train.objective;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import java.util.Objects;

/**
 * Cross-entropy with the reference's probabilities, such as those of two labels by their shares.
 * Shapes: N batch, K classes.
 */
public record SoftCrossEntropy() implements Loss {
  @Override
  public String key() {
    return "soft-ce";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return wanted(reference).mul(Nn.logSoftmax(logits, 1)).sum(1).neg(); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    return Nn.softmax(logits, 1).sub(wanted(reference)); // [N, K]
  }

  private static Tensor wanted(Reference reference) {
    return Objects.requireNonNull(reference.probabilities(), "this loss needs probabilities");
  }
}
