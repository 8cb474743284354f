package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;

/**
 * Directions of Adam (Kingma and Ba 2015, algorithm 1), each sample with a count of steps of its
 * own. Shapes: n samples, D components.
 */
final class Adam {
  private static final double TINY = 1e-8;

  private final double first;
  private final double second;
  private final Rows mean; // [n, D]
  private final Rows square; // [n, D]
  private final Rows firstPower; // [n, 1] first to the number of steps
  private final Rows secondPower; // [n, 1]

  /** With the usual decay rates 0.9 and 0.999. */
  Adam(Trail trail) {
    this(trail, 0.9, 0.999);
  }

  Adam(Trail trail, double first, double second) {
    this.first = first;
    this.second = second;
    mean = trail.remember(trail.dimensions(), 0);
    square = trail.remember(trail.dimensions(), 0);
    firstPower = trail.remember(1, 1);
    secondPower = trail.remember(1, 1);
  }

  /** The direction to go against, {@code [n, D]}, after one more gradient {@code [n, D]}. */
  Tensor direction(Tensor gradient) {
    mean.set(mean.get().mul(first).addInPlace(gradient, 1 - first));
    square.set(square.get().mul(second).addInPlace(gradient.square(), 1 - second));
    firstPower.set(firstPower.get().mul(first));
    secondPower.set(secondPower.get().mul(second));
    Tensor m = mean.get().div(firstPower.get().neg().addInPlace(1)); // [n, D]
    return m.divInPlace(scale());
  }

  /** By what the last direction was divided, {@code [n, D]}, above 0. */
  Tensor scale() {
    Tensor v = square.get().div(secondPower.get().neg().addInPlace(1)); // [n, D]
    return v.sqrt().addInPlace(TINY);
  }

  /**
   * Some samples begin anew.
   *
   * @param rows {@code [n, 1]}, bool
   */
  void restart(Tensor rows) {
    mean.set(rows, 0);
    square.set(rows, 0);
    firstPower.set(rows, 1);
    secondPower.set(rows, 1);
  }
}
