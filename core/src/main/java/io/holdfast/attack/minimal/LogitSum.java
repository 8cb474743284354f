package io.holdfast.attack.minimal;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;

/**
 * The sum of the logits of some classes.
 *
 * @param first class
 * @param beyond the class after the last
 */
record LogitSum(int first, int beyond) implements Loss {
  /** The logit of one class. */
  static LogitSum of(int label) {
    return new LogitSum(label, label + 1);
  }

  @Override
  public String key() {
    return "logit-sum";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    return logits.slice(1, first, beyond).sum(1); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    Tensor slope = logits.mul(0); // [N, K]
    slope.slice(1, first, beyond).fillInPlace(1);
    return slope;
  }
}
