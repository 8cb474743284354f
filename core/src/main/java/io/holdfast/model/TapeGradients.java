package io.holdfast.model;

import io.holdfast.tensor.Autocast;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.function.UnaryOperator;

/** Input gradients over the tape of every differentiable model; of another one logits alone. */
public final class TapeGradients implements InputGradients {
  private final Classifier model;
  private final Precision precision;

  public TapeGradients(Classifier model, Precision precision) {
    this.model = model;
    this.precision = precision;
  }

  @Override
  public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
    if (!model.differentiable()) {
      throw new IllegalStateException("this model has no input gradients");
    }
    try (Scope scope = Scope.open()) {
      Tensor leaf = x.asLeaf(); // [N, ...]
      Tensor logits = forward(leaf); // [N, K]
      Tensor flat = logits.detach();
      Tensor gradient = Autograd.vjp(logits, leaf, cotangent.apply(flat));
      return new Pass(scope.keep(flat), scope.keep(gradient));
    }
  }

  @Override
  public Tensor logits(Tensor x) {
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      return scope.keep(forward(x));
    }
  }

  private Tensor forward(Tensor x) {
    try (Autocast on = Autocast.of(precision, x.device())) {
      return model.logits(x).to(DType.FLOAT32);
    }
  }

  @Override
  public void close() {}
}
