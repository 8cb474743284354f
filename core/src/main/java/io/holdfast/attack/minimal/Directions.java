package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;

/** Directions of length 1. Shapes: n samples in the task, D components. */
final class Directions {
  private Directions() {}

  /**
   * Gradients at L2 length 1, {@code [n, D]}; where one is 0, a random direction.
   *
   * @param step tells random directions of one sample apart
   */
  static Tensor unit(AttackTask task, Tensor gradient, int step) {
    Tensor largest = Norm.LINF.lengths(gradient); // [n, 1]
    boolean[] lost = largest.eq(0).toBooleans();
    Tensor scaled = gradient.div(largest.maskedFill(largest.eq(0), 1)); // [n, D] no underflow
    List<Seed> seeds = task.seeds();
    for (int i = 0; i < lost.length; i++) {
      if (lost[i]) {
        Seed seed = seeds.get(i).split("lost").split(step);
        scaled.select(0, i).copyFrom(Rng.of(seed).normal(gradient.size(1)));
      }
    }
    return scaled.div(Norm.L2.lengths(scaled));
  }
}
