package io.holdfast.model.plan;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The derivative of the objective with respect to one value of a plan.
 *
 * @param owned true where nothing else reads the tensor, so that it may be overwritten
 */
record Gradient(Tensor tensor, boolean owned) {
  /** A tensor that was just made. */
  static Gradient fresh(Tensor tensor) {
    return new Gradient(tensor, true);
  }

  /** For an operation of one input whose pullback makes a new tensor. */
  static Operation.Pullback making(UnaryOperator<Tensor> derivative) {
    return g -> List.of(fresh(derivative.apply(g.tensor())));
  }

  /** For an operation of one input whose pullback gives a view of the same elements. */
  static Operation.Pullback viewing(UnaryOperator<Tensor> view) {
    return g -> List.of(new Gradient(view.apply(g.tensor()), g.owned()));
  }

  Gradient plus(Gradient other) {
    if (owned) {
      return fresh(tensor.addInPlace(other.tensor));
    }
    return fresh(other.owned ? other.tensor.addInPlace(tensor) : tensor.add(other.tensor));
  }
}
