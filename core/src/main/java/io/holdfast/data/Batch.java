package io.holdfast.data;

import io.holdfast.tensor.Tensor;
import java.util.List;

/** Some samples with all that is known of them, never parallel arrays. */
public final class Batch {
  private final Inputs inputs;
  private final Tensor labels;
  private final long[] ids;
  private final float[] weights;
  private final int[] groups;

  /**
   * All arguments are in the order of the samples; arrays are taken over, not copied.
   *
   * @param inputs N samples
   * @param labels {@code [N]} int64
   * @param ids stable ids, {@code [N]}
   * @param weights {@code [N]}, 1 unless the source says more
   * @param groups {@code [N]}, -1 for none
   */
  public Batch(Inputs inputs, Tensor labels, long[] ids, float[] weights, int[] groups) {
    int n = ids.length;
    if (inputs.count() != n || labels.size(0) != n || weights.length != n || groups.length != n) {
      throw new IllegalArgumentException(
          "a batch has as many inputs, labels, ids, weights and groups as samples, found "
              + List.of(inputs.count(), labels.size(0), n, weights.length, groups.length));
    }
    this.inputs = inputs;
    this.labels = labels;
    this.ids = ids;
    this.weights = weights;
    this.groups = groups;
  }

  /** Number of samples N. */
  public int size() {
    return ids.length;
  }

  public Inputs inputs() {
    return inputs;
  }

  /** Inputs {@code [N, ...]}, where they are dense. */
  public Tensor x() {
    return inputs.dense();
  }

  /** {@code [N]} int64. */
  public Tensor labels() {
    return labels;
  }

  /** Stable ids, a fresh copy. */
  public long[] ids() {
    return ids.clone();
  }

  /** Sample weights, a fresh copy. */
  public float[] weights() {
    return weights.clone();
  }

  /** Group attributes, a fresh copy; -1 for none. */
  public int[] groups() {
    return groups.clone();
  }
}
