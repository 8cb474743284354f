package io.holdfast.train.objective;

import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Gradient alignment (Andriushchenko and Flammarion 2020, equation 5): one minus the cosine between
 * the input gradients of cross-entropy at a clean input and at a random point of its perturbation
 * set, which keeps single-step training from catastrophic overfitting. A term to add to a loss; it
 * costs two double backward passes. Shapes: n samples, K classes, D components.
 */
public final class GradAlign {
  private GradAlign() {}

  /**
   * The term of each sample, in [0, 2]; 0 where one of the gradients is zero, which has no
   * direction.
   *
   * @param logits from inputs {@code [n, ...]} to {@code [n, K]}, on the tape of the parameters
   * @param clean inputs {@code [n, ...]}
   * @param noisy random points of their perturbation sets, {@code [n, ...]}
   * @param labels {@code [n]}, int64
   * @return {@code [n]}, on the tape of the parameters
   */
  public static Tensor misalignment(
      UnaryOperator<Tensor> logits, Tensor clean, Tensor noisy, Tensor labels) {
    Tensor a = inputGradient(logits, clean, labels); // [n, D]
    Tensor b = inputGradient(logits, noisy, labels); // [n, D]
    Tensor aa = a.square().sum(1); // [n]
    Tensor bb = b.square().sum(1); // [n]
    Tensor defined = aa.gt(0).and(bb.gt(0)); // [n]
    Tensor one = Tensors.full(1, aa.size(0)).to(aa.type()).to(aa.device()); // [n]
    Tensor lengths =
        Tensors.where(defined, aa, one).sqrt().mul(Tensors.where(defined, bb, one).sqrt()); // [n]
    Tensor cosine = a.mul(b).sum(1).div(lengths); // [n]
    Tensor term = Tensors.where(defined, one.sub(cosine), Tensors.zerosLike(one)); // [n]
    return term.to(clean.type());
  }

  private static Tensor inputGradient(UnaryOperator<Tensor> logits, Tensor inputs, Tensor labels) {
    Tensor leaf = inputs.asLeaf(); // [n, ...]
    Tensor loss = Nn.crossEntropy(logits.apply(leaf), labels).sum();
    Tensor slope = Autograd.grad(loss, List.of(leaf), true).get(0).flatten(1, -1); // [n, D]
    return slope.to(DType.FLOAT64); // squares of tiny ones are not 0
  }
}
