package io.holdfast.testkit.evaluate;

import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import java.util.function.UnaryOperator;

/** A model with something before and behind it. */
record Wrapped(Classifier model, UnaryOperator<Tensor> before, UnaryOperator<Tensor> behind)
    implements Classifier {

  static Wrapped before(UnaryOperator<Tensor> change) {
    return new Wrapped(Suite.MODEL, change, z -> z);
  }

  static Wrapped behind(UnaryOperator<Tensor> change) {
    return new Wrapped(Suite.MODEL, x -> x, change);
  }

  @Override
  public int classes() {
    return model.classes();
  }

  @Override
  public long[] inputShape() {
    return model.inputShape();
  }

  @Override
  public Tensor logits(Tensor x) {
    return behind.apply(model.logits(before.apply(x)));
  }
}
