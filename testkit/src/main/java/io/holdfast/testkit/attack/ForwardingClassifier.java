package io.holdfast.testkit.attack;

import io.holdfast.model.Classifier;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Tensor;
import java.util.List;

/** A model that is another one but for what a subclass overrides. */
public abstract class ForwardingClassifier implements Classifier {
  private final Classifier inner;

  /** Asks {@code inner}. */
  protected ForwardingClassifier(Classifier inner) {
    this.inner = inner;
  }

  final Classifier inner() {
    return inner;
  }

  @Override
  public int classes() {
    return inner.classes();
  }

  @Override
  public long[] inputShape() {
    return inner.inputShape();
  }

  @Override
  public Device device() {
    return inner.device();
  }

  @Override
  public Tensor logits(Tensor x) {
    return inner.logits(x);
  }

  @Override
  public List<String> layers() {
    return inner.layers();
  }

  @Override
  public Tensor activation(Tensor x, String layer) {
    return inner.activation(x, layer);
  }
}
