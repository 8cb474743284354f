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
  public void step(Tensor variables, Tensor gradient, double fraction) {
    along(variables, gradient, fraction * epsilon);
  }

  /**
   * {@code min(t |w|, c)} with w the wanted change, c the room, and t in (0, 1] such that its
   * length is epsilon (or t = 1).
   */
  @Override
  void shrink(double[] size, double[] room) {
    double inside = 0; // squares, within the room
    double squares = 0;
    for (int j = 0; j < size.length; j++) {
      double least = least(size[j], room[j]);
      inside += least * least;
      squares += size[j] * size[j];
    }
    double t = inside <= epsilon * epsilon ? 1 : factor(size, room, squares);
    for (int j = 0; j < size.length; j++) {
      size[j] = least(t * size[j], room[j]);
    }
  }

  private static double least(double a, double b) {
    return Masks.choose(Masks.below0(a - b), a, b);
  }

  /** t for a sample outside the ball; see {@link #factor(Tensor, Tensor)}. */
  private double factor(double[] size, double[] room, double squares) {
    double free = squares; // of those that have not reached their room
    double left = epsilon * epsilon;
    int before = -1;
    while (true) {
      double t = Math.min(1, Math.sqrt(left / Math.max(free, TINY)));
      int count = 0;
      double reached = 0;
      free = 0;
      for (int j = 0; j < size.length; j++) {
        long beyond = Masks.below0(room[j] - t * size[j]);
        reached += Masks.keep(beyond, room[j] * room[j]);
        free += Masks.keep(~beyond, size[j] * size[j]);
        count -= (int) beyond;
      }
      if (count <= before) {
        return t;
      }
      before = count;
      left = Math.max(0, epsilon * epsilon - reached);
    }
  }

  /** As {@link #shrink}. */
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
