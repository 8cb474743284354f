package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * The multiplier of one constraint {@code y <= 0} per sample and the weight of its violation, as
 * the augmented Lagrangian has them (Rony et al. 2021, sections 3 and 4, algorithm 2), with the
 * penalty-Lagrangian P2. Shapes: n samples.
 */
final class Multiplier {
  private static final double SMALLEST = 1e-6;
  private static final double LARGEST = 1e12;

  private final double smoothing;
  private final double progress;
  private final double growth;
  private final Rows mu; // [n, 1] the multiplier
  private final Rows rho; // [n, 1] the weight
  private final Rows before; // [n, 1] y when last looked at

  /**
   * Both are 1 at first.
   *
   * @param smoothing of the multiplier over steps, in [0, 1)
   * @param progress to which part of itself a violation must have fallen between two looks
   * @param growth of the weight where it has not, at least 1
   */
  Multiplier(Trail trail, double smoothing, double progress, double growth) {
    this.smoothing = smoothing;
    this.progress = progress;
    this.growth = growth;
    mu = trail.remember(1, 1);
    rho = trail.remember(1, 1);
    before = trail.remember(1, 0);
  }

  /** The derivative of the penalty at {@code y [n, 1]}, at least 0: {@code [n, 1]}. */
  Tensor slope(Tensor y) {
    return slope(y, rho.get(), mu.get());
  }

  /**
   * Of P2, which is {@code mu y + mu rho y^2 + rho^2 y^3 / 6} where the constraint is violated and
   * {@code mu y / (1 - rho y)} where it is not.
   *
   * @param y {@code [n, 1]}
   * @param rho {@code [n, 1]}, above 0
   * @param mu {@code [n, 1]}, above 0
   */
  static Tensor slope(Tensor y, Tensor rho, Tensor mu) {
    Tensor scaled = y.mul(rho); // [n, 1]
    Tensor violated = mu.mul(scaled.mul(2).add(1)).add(scaled.square(), 0.5); // [n, 1]
    Tensor kept = mu.div(scaled.clampMax(0).neg().addInPlace(1).square()); // [n, 1]
    return Tensors.where(y.ge(0), violated, kept);
  }

  /** Notes the violations at the start. */
  void begin(Tensor y) {
    before.set(y);
  }

  /**
   * Makes the weight larger where it is of use.
   *
   * @param found whether the constraint was ever kept, {@code [n, 1]}, bool
   */
  void judge(Tensor y, Tensor found) {
    Tensor better = y.lt(before.get().mul(progress)); // [n, 1]
    rho.set(found.or(better).not(), rho.get().mul(growth));
    before.set(y);
  }

  /** Moves the multiplier towards the present slope. */
  void update(Tensor y) {
    Tensor moved = mu.get().mul(smoothing).addInPlace(slope(y), 1 - smoothing); // [n, 1]
    mu.set(moved.clamp(SMALLEST, LARGEST));
  }
}
