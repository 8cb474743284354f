package io.holdfast.train.objective.adversarial;

import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.function.UnaryOperator;

/**
 * A model seen from inputs that each stand for one nearer to its clean input, by a factor of its
 * own: a search in one ball is then one in balls of different radii. What lies between two points
 * of a convex domain lies in it. Shapes: m samples.
 */
final class OwnRadii implements InputGradients {
  private final InputGradients model;
  private final Tensor clean; // [m, ...]
  private final double[] scales; // [m], in [0, 1]

  OwnRadii(InputGradients model, Tensor clean, double[] scales) {
    this.model = model;
    this.clean = clean;
    this.scales = scales.clone();
  }

  /** {@code clean + scale (far - clean)}, {@code [m, ...]}. */
  static Tensor between(Tensor clean, Tensor far, double[] scales) {
    try (Scope scope = Scope.open()) {
      return scope.keep(clean.add(far.sub(clean).mul(wide(scales, clean))));
    }
  }

  private static Tensor wide(double[] scales, Tensor like) {
    return Tensors.of(scales, scales.length)
        .to(like.type())
        .to(like.device())
        .view(Tensors.perSample(like)); // [m, 1, ...]
  }

  @Override
  public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
    try (Scope scope = Scope.open()) {
      Pass inner = model.pass(between(clean, x, scales), cotangent);
      Tensor gradient = inner.gradient().mul(wide(scales, clean)); // [m, ...]
      return new Pass(scope.keep(inner.logits()), scope.keep(gradient));
    }
  }

  @Override
  public Tensor logits(Tensor x) {
    try (Scope scope = Scope.open()) {
      return scope.keep(model.logits(between(clean, x, scales)));
    }
  }

  @Override
  public void close() {} // the model is another's
}
