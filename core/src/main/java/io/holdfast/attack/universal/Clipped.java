package io.holdfast.attack.universal;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;

/**
 * A loss that counts no further than a bound, so that no sample rules the sum (Shafahi et al. 2020,
 * section 3, the clipped loss). Shapes: N batch, K classes.
 *
 * @param inner that is clipped
 * @param most the bound
 */
record Clipped(Loss inner, double most) implements Loss {
  @Override
  public String key() {
    return inner.key();
  }

  @Override
  public int minClasses(boolean targeted) {
    return inner.minClasses(targeted);
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return inner.value(logits, reference).clampMax(most); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    Tensor beyond = inner.value(logits, reference).ge(most).unsqueeze(1); // [N, 1]
    return inner.cotangent(logits, reference).maskedFill(beyond, 0); // [N, K]
  }
}
