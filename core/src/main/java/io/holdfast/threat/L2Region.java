package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

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
   * length is epsilon (or t = 1). The length grows with t in pieces that break where a component
   * reaches its room; sorting the breaks finds t exactly.
   */
  @Override
  Tensor nearest(Tensor size, Tensor room) {
    Tensor inside = size.minimum(room).square().sumKeep(1).le(epsilon * epsilon); // [N, 1]
    Tensor t = Tensors.where(inside, Tensors.ones(1).to(DType.FLOAT64), factor(size, room));
    return size.mul(t).minimum(room); // [N, D]
  }

  /** t for samples outside the ball, {@code [N, 1]}. */
  private Tensor factor(Tensor size, Tensor room) {
    Tensor breaks = room.div(size.clampMin(TINY)); // [N, D]
    Tensor.Ranked order = breaks.sort(1, false);
    Tensor full = zeroFirst(room.square().gather(1, order.positions()).cumsum(1)); // [N, D+1]
    Tensor taken = zeroFirst(size.square().gather(1, order.positions()).cumsum(1)); // [N, D+1]
    Tensor free = size.square().sumKeep(1).sub(taken).clampMin(0); // [N, D+1]
    Tensor at = order.values().clampMax(1e15).square(); // [N, D] t^2 at each break
    Tensor length = full.slice(1, 1, full.size(1)).add(at.mul(free.slice(1, 1, free.size(1))));
    Tensor reached = length.le(epsilon * epsilon).to(DType.INT64).sumKeep(1); // [N, 1] full ones
    Tensor left = full.gather(1, reached).neg().add(epsilon * epsilon).clampMin(0); // [N, 1]
    return left.div(free.gather(1, reached).clampMin(TINY)).sqrt().clampMax(1);
  }

  private static Tensor zeroFirst(Tensor sums) {
    Tensor zero = Tensors.zeros(DType.FLOAT64, sums.size(0), 1).to(sums.device());
    return Tensors.cat(List.of(zero, sums), 1);
  }
}
