package io.holdfast.threat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * The nearest plan, in squares, that sends no more than there is and keeps within a budget (the
 * dual projection of Wu et al. 2020, section 4.1): for a price of the way it is a projection for
 * each pixel by itself, and the price at which the budget is used up is found by bisection. Shapes
 * as in {@link Transport}, all in float64; how full pixels get is not looked at.
 */
final class NearestPlan {
  private static final int ROUNDS = 40;

  private final Transport transport;
  private final Tensor wanted; // [N, C, K, H, W]; ways out of the image are 0
  private final Tensor masses; // [N, C, 1, H, W]
  private final Tensor budget; // [N, 1, 1, 1, 1]
  private final Tensor lengths; // [1, 1, K, 1, 1]

  NearestPlan(Transport transport, Tensor masses, Tensor wanted, Tensor budget) {
    this.transport = transport;
    this.wanted = wanted.to(DType.FLOAT64);
    this.masses = masses.to(DType.FLOAT64).unsqueeze(2);
    this.budget = budget;
    lengths = transport.lengths(wanted.device());
  }

  /** The plan in float32. */
  Tensor find() {
    Tensor low = budget.mul(0); // [N, 1, 1, 1, 1]
    Tensor high = wanted.div(lengths).max(1, 2, 3, 4).view(-1, 1, 1, 1, 1).clampMin(0);
    high = Tensors.where(transport.way(at(low)).le(budget), low, high);
    for (int round = 0; round < ROUNDS && high.max().item() > 0; round++) {
      Tensor middle = low.add(high).mul(0.5);
      Tensor within = transport.way(at(middle)).le(budget);
      high = Tensors.where(within, middle, high);
      low = Tensors.where(within, low, middle);
    }
    return at(high).to(DType.FLOAT32);
  }

  /** Each pixel's nearest plan to what is wanted less the price times the way. */
  private Tensor at(Tensor price) {
    Tensor less = wanted.sub(lengths.mul(price)).clampMin(0); // [N, C, K, H, W]
    Tensor over = less.sumKeep(2).gt(masses); // [N, C, 1, H, W]
    return less.sub(surplus(less).maskedFill(over.not(), 0)).clampMin(0);
  }

  /** What is to be taken off each of a pixel's values so that the positive ones sum to its mass. */
  private Tensor surplus(Tensor values) {
    Tensor sorted = values.sort(2, true).values(); // [N, C, K, H, W]
    long count = values.size(2);
    Tensor ranks = // [1, 1, K, 1, 1] from 1
        Tensors.range(count).to(DType.FLOAT64).add(1).view(1, 1, count, 1, 1).to(values.device());
    Tensor means = sorted.cumsum(2).sub(masses).div(ranks); // [N, C, K, H, W]
    Tensor last = // [N, C, 1, H, W]
        sorted.gt(means).to(DType.FLOAT64).sumKeep(2).sub(1).clampMin(0).to(DType.INT64);
    return means.gather(2, last); // [N, C, 1, H, W]
  }
}
