package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/** The L1 ball with the exact projection onto ball and box (Croce and Hein 2021, section 3). */
final class L1Region extends BallRegion {
  private static final double EXACT = 1e-13; // of the sum of the sizes, as a part of epsilon

  /** Of a step of training, as a part of the L2 length of the sparsest change. */
  private static final double LONGEST = 1.5;

  L1Region(Tensor clean, double epsilon, Domain domain) {
    super(clean, epsilon, domain);
  }

  /** Exponential sizes over their sum with one more, under random signs. */
  @Override
  Tensor uniformInBall(Rng rng, long count) {
    Tensor sizes = rng.uniform(0, 1, count + 1).clampMin(Float.MIN_NORMAL).log().neg(); // [D+1]
    double total = sizes.sum().item();
    Tensor signs = rng.bernoulli(0.5, count).mulInPlace(2).addInPlace(-1); // [D]
    return sizes.slice(0, 0, count).mul(signs).mulInPlace(epsilon / Math.max(total, 1e-30));
  }

  /**
   * The values with the largest gradients move as far as the box lets them until the length is used
   * up (Croce and Hein 2021, section 3, steepest descent).
   */
  @Override
  public void step(Tensor variables, Tensor gradient, double fraction) {
    if (inLoops(variables) && inLoops(gradient)) {
      move(variables, steepest(variables, gradient.toFloats(), fraction * epsilon));
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor g = flat(gradient).to(DType.FLOAT64); // [N, D]
      Tensor.Ranked order = g.abs().sort(1, true);
      Tensor room = room(variables, g).mul(g.sign().abs()); // [N, D]
      Tensor sorted = room.gather(1, order.positions()); // [N, D]
      Tensor before = sorted.cumsum(1).sub(sorted); // [N, D] length used by larger gradients
      Tensor left = before.neg().add(fraction * epsilon).clampMin(0); // [N, D]
      Tensor sizes = sorted.minimum(left).putBack(1, order.positions()); // [N, D]
      move(variables, change(variables).addInPlace(g.sign().mulInPlace(sizes)));
    }
  }

  private Wanted steepest(Tensor variables, float[] slopes, double length) {
    float[] x = variables.toFloats();
    Wanted before = changes(variables);
    return (begin, change) -> {
      before.into(begin, change);
      long[] order = new long[change.length]; // ascending: the size of a slope, then its place
      for (int j = 0; j < order.length; j++) {
        order[j] = ((long) Float.floatToRawIntBits(Math.abs(slopes[begin + j])) << 32) | j;
      }
      Arrays.sort(order);
      double left = length;
      for (int k = order.length - 1; k >= 0 && left > 0; k--) {
        int j = (int) order[k];
        float slope = slopes[begin + j];
        double room = slope > 0 ? domain.high() - x[begin + j] : x[begin + j] - domain.low();
        double moved = slope == 0 ? 0 : Math.min(Math.max(room, 0), left);
        change[j] += slope > 0 ? moved : -moved;
        left -= moved;
      }
    };
  }

  /**
   * Along the gradient itself, four times the fraction of the L2 length of the change that is
   * longest in L2, which is the sparsest one, but no longer than half as far again; then projected.
   * Steps along few coordinates make training overfit to them, whatever their number (Jiang et al.
   * 2023, section 4: steps in Euclidean geometry do not).
   */
  @Override
  public void trainingStep(Tensor variables, Tensor gradient, double fraction) {
    double farthest = Math.min(epsilon, Math.sqrt(epsilon * domain.width()));
    along(variables, gradient, Math.min(4 * fraction, LONGEST) * farthest);
  }

  /**
   * {@code clamp(|w| - lambda, 0, c)} with w the wanted change, c the room, and lambda at least 0
   * such that their sum is epsilon (or lambda = 0).
   */
  @Override
  void shrink(double[] size, double[] room) {
    double lambda = lambda(size, room);
    for (int j = 0; j < size.length; j++) {
      size[j] = Math.min(Math.max(size[j] - lambda, 0), room[j]);
    }
  }

  /**
   * By Newton's steps on the sum, which falls in straight pieces, so that the one on the right
   * piece is exact; by halves where they leave what is known to hold lambda, and every third time.
   */
  private double lambda(double[] size, double[] room) {
    double low = 0; // where the sum is above epsilon
    double high = 0; // where it is not
    for (double s : size) {
      high = Math.max(high, s);
    }
    if (epsilon == 0) {
      return high;
    }
    double lambda = 0;
    for (int turn = 1; ; turn++) {
      double sum = 0;
      int free = 0; // those that get shorter as lambda grows
      for (int j = 0; j < size.length; j++) {
        double longer = size[j] - lambda;
        long within = Masks.below0(longer - room[j]);
        long between = Masks.below0(lambda - size[j]) & within;
        sum += Masks.keep(between, longer) + Masks.keep(~within, room[j]);
        free -= (int) between;
      }
      double excess = sum - epsilon;
      boolean inside = turn == 1 && excess <= 0;
      double exact = Math.max(EXACT * epsilon, free * Math.ulp(lambda)); // or no other is nearer
      if (inside || Math.abs(excess) <= exact) {
        return lambda;
      }
      if (excess > 0) {
        low = lambda;
      } else {
        high = lambda;
      }
      double newton = lambda + excess / free; // not a number without free ones
      lambda = turn % 3 > 0 && newton > low && newton < high ? newton : (low + high) / 2;
      if (lambda <= low || lambda >= high) {
        return high; // no number lies between
      }
    }
  }

  /** As {@link #shrink}. */
  @Override
  Tensor nearest(Tensor size, Tensor room) {
    Tensor inside = size.minimum(room).sumKeep(1).le(epsilon); // [N, 1]
    Tensor lambda = threshold(size, room).maskedFill(inside, 0); // [N, 1]
    return size.sub(lambda).clampMin(0).minimum(room); // [N, D]
  }

  /**
   * lambda for samples outside the ball, {@code [N, 1]}. The sum is {@code S(lambda) = sum_j s_j
   * max(v_j - lambda, 0)} with v = |w| (s = 1) and v = max(|w| - c, 0) (s = -1): piecewise linear,
   * so that sorting v finds lambda exactly.
   */
  private Tensor threshold(Tensor size, Tensor room) {
    Tensor v = Tensors.cat(List.of(size, size.sub(room).clampMin(0)), 1); // [N, 2D]
    Tensor ones = size.mul(0).add(1); // [N, D]
    Tensor s = Tensors.cat(List.of(ones, ones.neg()), 1); // [N, 2D]
    Tensor.Ranked order = v.sort(1, true);
    Tensor signs = s.gather(1, order.positions()); // [N, 2D]
    Tensor slope = signs.cumsum(1); // [N, 2D]
    Tensor weighted = signs.mulInPlace(order.values()).cumsum(1); // [N, 2D]
    Tensor sums = weighted.sub(order.values().mul(slope)); // [N, 2D] S at each v, rising
    Tensor low = sums.le(epsilon).to(DType.FLOAT64); // [N, 2D] 1 for a prefix, at least one
    Tensor last = low.sumKeep(1).sub(1).clampMin(0).to(DType.INT64); // [N, 1]
    Tensor excess = weighted.gather(1, last).sub(epsilon); // [N, 1]
    return excess.div(slope.gather(1, last).clampMin(1)).clampMin(0);
  }
}
