package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * A ball that is no box, with the exact projection onto ball and box: the nearest change keeps the
 * signs of the wanted one, so that only sizes are to be found. All in double.
 */
abstract class BallRegion extends AdditiveRegion {
  BallRegion(Tensor clean, double epsilon, Domain domain) {
    super(clean, epsilon, domain);
  }

  @Override
  public final void step(Tensor variables, Tensor gradient, double fraction) {
    try (Scope scope = Scope.open()) {
      Tensor g = flat(gradient).to(DType.FLOAT64); // [N, D]
      Tensor move = steepest(variables, g, fraction * epsilon); // [N, D]
      move(variables, change(variables).addInPlace(move));
    }
  }

  @Override
  public final void project(Tensor variables) {
    try (Scope scope = Scope.open()) {
      move(variables, change(variables));
    }
  }

  /** The change of this length that raises a linear objective most, {@code [N, D]}. */
  abstract Tensor steepest(Tensor variables, Tensor g, double length);

  /**
   * The sizes of the nearest admissible change, {@code [N, D]}.
   *
   * @param size of the wanted change, {@code [N, D]}, at least 0
   * @param room inside the box in the wanted direction, {@code [N, D]}, at least 0
   */
  abstract Tensor nearest(Tensor size, Tensor room);

  /** To the nearest admissible change. */
  final void move(Tensor variables, Tensor wanted) {
    Tensor size = wanted.abs(); // [N, D] |w|
    Tensor room = room(clean(), wanted); // [N, D] c
    Tensor change = nearest(size, room).mulInPlace(wanted.sign()); // [N, D]
    Tensor x = flat(clean()).to(DType.FLOAT64).add(change); // [N, D]
    variables.copyFrom(x.clampInPlace(domain.low(), domain.high()).view(variables.shape()));
  }

  /**
   * How far each value may move in the direction of {@code direction}, {@code [N, D]}, at least 0.
   */
  final Tensor room(Tensor from, Tensor direction) {
    Tensor x = flat(from).to(DType.FLOAT64);
    Tensor up = x.neg().add(domain.high()); // [N, D]
    Tensor down = x.sub(domain.low()); // [N, D]
    return Tensors.where(direction.gt(0), up, down).clampMin(0);
  }

  /** The change so far, {@code [N, D]}. */
  final Tensor change(Tensor variables) {
    return flat(variables).to(DType.FLOAT64).sub(flat(clean()).to(DType.FLOAT64));
  }

  /** {@code [N, ...]} as {@code [N, D]}. */
  static Tensor flat(Tensor t) {
    return t.reshape(t.size(0), -1);
  }
}
