package io.holdfast.model.plan;

import io.holdfast.tensor.Tensor;
import java.util.List;

/** One step of a plan. Holds its weights, keeps no state between runs. */
@FunctionalInterface
interface Operation {
  /**
   * A value and its derivative.
   *
   * @param value {@code [N, ...]}
   */
  record Result(Tensor value, Pullback pullback) {}

  /** Carries the gradient from an operation's output back to its inputs. */
  @FunctionalInterface
  interface Pullback {
    /**
     * One gradient for each input.
     *
     * @param gradient with respect to the value
     */
    List<Gradient> apply(Gradient gradient);
  }

  /**
   * The result for these inputs, {@code [N, ...]} each.
   *
   * @param batch N
   */
  Result run(List<Tensor> inputs, long batch);
}
