package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;

/** What {@link Momentum} has accumulated for the samples of a task. Shapes: n samples. */
final class Velocity {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double TINY = 1e-8;

  private final Momentum momentum;
  private final Norm norm;
  private Tensor mean; // [n, ...] of gradients
  private Tensor square; // [n, ...] of gradients; Adam's
  private int taken;

  /**
   * At rest.
   *
   * @param norm of the ball
   * @param like {@code [n, ...]}; what this holds lives in the innermost open scope
   */
  Velocity(Momentum momentum, Norm norm, Tensor like) {
    this.momentum = momentum;
    this.norm = norm;
    boolean none = momentum.kind() == Momentum.Kind.NONE;
    mean = none ? like : Tensors.zerosLike(like);
    square = isStep() ? Tensors.zerosLike(like) : mean;
  }

  /**
   * Where the next gradient is taken: at {@code x} or, with Nesterov, where what was accumulated
   * leads; that place may lie outside of everything.
   */
  Tensor lookAhead(Tensor x, double length) {
    return momentum.kind() == Momentum.Kind.NESTEROV
        ? x.add(mean, length * momentum.decay()) // [n, ...]
        : x;
  }

  /** The direction to go, {@code [n, ...]}; it stays as it is until the next call. */
  Tensor take(Tensor gradient) {
    taken++;
    return switch (momentum.kind()) {
      case NONE -> gradient;
      case HEAVY_BALL, NESTEROV ->
          mean.mulInPlace(momentum.decay()).addInPlace(PerSample.unit(norm, gradient));
      case ADAM -> adam(PerSample.unit(norm, gradient));
    };
  }

  private Tensor adam(Tensor g) {
    mean.mulInPlace(BETA1).addInPlace(g, 1 - BETA1);
    if (!isStep()) {
      return mean; // a step has a direction, but no components of their own length
    }
    square.mulInPlace(BETA2).addInPlace(g.square(), 1 - BETA2);
    Tensor deviation = square.div(1 - Math.pow(BETA2, taken)).sqrt().addInPlace(TINY); // [n, ...]
    return mean.div(1 - Math.pow(BETA1, taken)).divInPlace(deviation);
  }

  /** Whether the direction is the step itself, in units of its length. */
  boolean isStep() {
    return momentum.kind() == Momentum.Kind.ADAM && norm == Norm.LINF;
  }

  /** Goes on with those who stay. */
  void retain(AttackTask.Stay stay) {
    boolean one = square == mean;
    if (momentum.kind() != Momentum.Kind.NONE) {
      mean = stay.moveUp(mean);
      square = one ? mean : stay.moveUp(square);
    }
  }
}
