package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/** The L2 ball with the exact projection onto ball and box. */
final class L2Region extends BallRegion {
  private static final double TINY = 1e-30;

  L2Region(Tensor clean, double epsilon, Domain domain) {
    super(clean, epsilon, domain);
  }

  /** A normal direction times a radius with density proportional to r^(D-1). */
  @Override
  Tensor uniformInBall(Rng rng, long count) {
    Tensor direction = rng.normal(count); // [D]
    double length = Math.sqrt(direction.square().sum().item());
    double radius = epsilon * Math.pow(rng.uniform(0, 1, 1).item(), 1.0 / count);
    return direction.mulInPlace(length == 0 ? 0 : radius / length);
  }

  /** Along the gradient; a zero gradient moves nothing. */
  @Override
  Tensor steepest(Tensor variables, Tensor g, double length) {
    Tensor largest = g.abs().max(1).unsqueeze(1).clampMin(TINY); // [N, 1]
    Tensor scaled = g.div(largest); // [N, D], so that squares do not underflow
    Tensor norm = scaled.square().sumKeep(1).sqrt().clampMin(TINY); // [N, 1]
    return scaled.div(norm).mulInPlace(length); // [N, D]
  }

  /**
   * {@code min(t |w|, c)} with w the wanted change, c the room, and t in (0, 1] such that its
   * length is epsilon (or t = 1).
   */
  @Override
  Tensor nearest(Tensor size, Tensor room) {
    Tensor inside = size.minimum(room).square().sumKeep(1).le(epsilon * epsilon); // [N, 1]
    Tensor one = Tensors.full(DType.FLOAT64, 1, 1).to(size.device()); // [1]
    Tensor t = Tensors.where(inside, one, factor(size, room)); // [N, 1]
    return size.mul(t).minimum(room); // [N, D]
  }

  /**
   * t for samples outside the ball, {@code [N, 1]}. With t from those components alone that have
   * not reached their room, more may reach theirs, which makes t larger: the first t with which
   * none is added is exact.
   */
  private Tensor factor(Tensor size, Tensor room) {
    Tensor squares = size.square(); // [N, D]
    Tensor most = room.square(); // [N, D]
    Tensor free = squares.sumKeep(1); // [N, 1] of those that have not reached their room
    Tensor left = Tensors.full(DType.FLOAT64, epsilon * epsilon, 1).to(size.device());
    double before = -1;
    while (true) {
      Tensor t = left.div(free.clampMin(TINY)).sqrt().clampMax(1); // [N, 1]
      Tensor reached = size.mul(t).ge(room).to(DType.FLOAT64); // [N, D]
      double count = reached.sum().item();
      if (count <= before) {
        return t;
      }
      before = count;
      left = most.mul(reached).sumKeep(1).neg().addInPlace(epsilon * epsilon).clampMin(0); // [N, 1]
      free = squares.mul(reached.neg().addInPlace(1)).sumKeep(1); // [N, 1]
    }
  }
}
