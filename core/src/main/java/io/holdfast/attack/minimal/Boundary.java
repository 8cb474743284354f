package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * Boundaries, linearised at points. Shapes: n samples, D components.
 *
 * @param value of the linear function at the point, {@code [n, 1]}, float64; 0 on the boundary
 * @param slopes of the linear function, {@code [n, D]}, float64
 */
record Boundary(Tensor value, Tensor slopes) {
  /**
   * Of what is 0 on it.
   *
   * @param pass the loss's logits and gradient, of any shape {@code [n, ...]}
   */
  private static Boundary of(Loss loss, InputGradients.Pass pass, Reference reference) {
    Tensor value = loss.value(pass.logits(), reference); // [n]
    Tensor gradient = pass.gradient();
    return new Boundary(
        value.to(DType.FLOAT64).unsqueeze(1),
        gradient.reshape(gradient.size(0), -1).to(DType.FLOAT64));
  }

  /**
   * The nearest of all that the samples of a task may cross, sample by sample; of equals the first.
   * Costs one query, and one gradient for each.
   *
   * @param x points {@code [n, ...]}
   */
  static Boundary nearest(AttackTask task, Tensor x, Norm norm) {
    long n = x.size(0);
    Boundary nearest =
        new Boundary(
            Tensors.zeros(DType.FLOAT64, n, 1).to(x.device()),
            Tensors.zeros(DType.FLOAT64, n, x.count() / n).to(x.device()));
    List<Loss> losses = Rivals.losses(task);
    task.ascend(
        x,
        losses,
        (loss, pass) -> {
          Boundary other = of(loss, pass, task.reference());
          Boundary best = loss == losses.get(0) ? other : nearest.orNearer(other, norm);
          nearest.value.copyFrom(best.value);
          nearest.slopes.copyFrom(best.slopes);
        });
    return nearest;
  }

  /** From the point, in the norm to which {@code norm} belongs: {@code [n, 1]}. */
  Tensor distance(Norm norm) {
    return value.abs().div(Lengths.dual(norm, slopes).clampMin(Double.MIN_NORMAL));
  }

  /** The nearer of two, sample by sample; of equals this one. */
  private Boundary orNearer(Boundary other, Norm norm) {
    Tensor second = other.distance(norm).lt(distance(norm)); // [n, 1]
    return new Boundary(
        Tensors.where(second, other.value, value), Tensors.where(second, other.slopes, slopes));
  }
}
