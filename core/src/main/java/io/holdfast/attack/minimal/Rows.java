package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/**
 * What a search remembers of each sample, one row per sample: written in place, so that it outlives
 * the scopes of steps, and moved up when samples leave the task. Shapes: n samples, W values each.
 */
final class Rows {
  private Tensor values; // [n, W]

  Rows(Tensor initial) {
    values = initial.clone().contiguous();
  }

  /** The present values {@code [n, W]}; to be read only. */
  Tensor get() {
    return values;
  }

  /** New values, {@code [n, W]} or what broadcasts to it. */
  void set(Tensor all) {
    values.copyFrom(all);
  }

  /**
   * New values for some.
   *
   * @param where {@code [n, 1]} or {@code [n, W]}
   */
  void set(Tensor where, Tensor some) {
    values.copyFrom(Tensors.where(where, some, values));
  }

  /** One value for some. */
  void set(Tensor where, double value) {
    values.copyFrom(values.maskedFill(where, value));
  }

  void retain(AttackTask.Stay stay) {
    values = stay.moveUp(values);
  }
}
