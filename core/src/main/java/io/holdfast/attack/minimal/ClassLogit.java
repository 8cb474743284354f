package io.holdfast.attack.minimal;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;

/**
 * The logit of one class, whatever the label is. Shapes: N samples, K classes.
 *
 * @param label the class
 */
record ClassLogit(int label) implements Loss {
  @Override
  public String key() {
    return "class-logit";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return logits.select(1, label); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    Tensor slope = logits.mul(0); // [N, K]
    slope.select(1, label).fillInPlace(1);
    return slope;
  }
}
