package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import java.util.Objects;

/** The squared difference of probabilities from the clean ones, as a loss of a search. */
enum SquaredError implements Loss {
  OF_PREDICTION;

  @Override
  public String key() {
    return "squared-error";
  }

  @Override
  public boolean flatAtSource() {
    return true;
  }

  @Override
  public Tensor value(Tensor logits, Reference r) {
    return difference(Nn.softmax(logits, 1), r).square().sum(1); // [N]
  }

  /** With d = p - q: {@code 2 p_k (d_k - sum_j p_j d_j)}. */
  @Override
  public Tensor cotangent(Tensor logits, Reference r) {
    Tensor p = Nn.softmax(logits, 1); // [N, K]
    Tensor d = difference(p, r); // [N, K]
    return d.sub(p.mul(d).sumKeep(1)).mul(p).mulInPlace(2); // [N, K]
  }

  private static Tensor difference(Tensor p, Reference r) {
    return p.sub(Objects.requireNonNull(r.probabilities(), "needs the clean probabilities"));
  }
}
