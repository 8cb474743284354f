package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;

/**
 * Steps along conjugate gradients, whose lengths another stride adapts (Yamamura et al. 2022,
 * algorithm 1): {@code s = g + beta s'} with beta after Hestenes and Stiefel, cut at 0. Who goes
 * back to its best point goes on with the direction that led there. Shapes: n samples in the task.
 */
final class ConjugateStride implements Stride {
  private static final double TINY = 1e-30;

  private final Stride lengths;
  private Tensor direction; // [n, ...] s'
  private Tensor before; // [n, ...] the gradient that it was made with
  private Tensor bestDirection; // [n, ...] that led to the best point
  private Tensor bestBefore; // [n, ...]
  private double[] highest; // [n] the loss there
  private boolean moved;

  /**
   * At the start.
   *
   * @param lengths of the steps, for a direction given as a gradient
   * @param like {@code [n, ...]}; what this holds lives in the innermost open scope
   */
  ConjugateStride(Stride lengths, Tensor like) {
    this.lengths = lengths;
    direction = Tensors.zerosLike(like);
    before = Tensors.zerosLike(like);
    bestDirection = Tensors.zerosLike(like);
    bestBefore = Tensors.zerosLike(like);
    highest = new double[Math.toIntExact(like.size(0))];
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
  }

  @Override
  public Tensor step(Tensor gradient) {
    try (Scope scope = Scope.open()) {
      Tensor next = // [n, ...]
          moved ? gradient.add(direction.mul(beta(gradient))) : gradient;
      before.copyFrom(gradient);
      direction.copyFrom(next);
      moved = true;
      return scope.keep(lengths.step(direction));
    }
  }

  /** {@code -<g, y> / <s', y>} with {@code y = g' - g}, at least 0, {@code [n, 1, ...]}. */
  private Tensor beta(Tensor gradient) {
    int n = highest.length;
    Tensor g = gradient.reshape(n, -1); // [n, D]
    Tensor y = before.reshape(n, -1).sub(g); // [n, D]
    double[] above = g.mul(y).sum(1).toDoubles(); // [n]
    double[] below = direction.reshape(n, -1).mul(y).sum(1).toDoubles(); // [n]
    double[] beta = new double[n];
    for (int i = 0; i < n; i++) {
      beta[i] = Math.abs(below[i]) < TINY ? 0 : Math.max(0, -above[i] / below[i]);
    }
    return PerSample.column(beta, gradient);
  }

  @Override
  public double fresh() {
    return 1;
  }

  @Override
  public boolean[] next(Tensor best, double[] loss, double[] highestSoFar) {
    boolean[] better = new boolean[loss.length];
    for (int i = 0; i < better.length; i++) {
      better[i] = loss[i] > highest[i];
      highest[i] = Math.max(loss[i], highest[i]);
    }
    PerSample.copy(better, direction, bestDirection);
    PerSample.copy(better, before, bestBefore);
    boolean[] back = lengths.next(best, loss, highestSoFar);
    PerSample.copy(back, bestDirection, direction);
    PerSample.copy(back, bestBefore, before);
    return back;
  }

  @Override
  public void retain(AttackTask.Stay stay) {
    lengths.retain(stay);
    direction = stay.moveUp(direction);
    before = stay.moveUp(before);
    bestDirection = stay.moveUp(bestDirection);
    bestBefore = stay.moveUp(bestBefore);
    highest = stay.of(highest);
  }
}
