package io.holdfast.data;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.stream.LongStream;

/** Gathers samples into a batch. */
final class Batches {
  private Batches() {}

  static Batch of(Dataset data, int... indices) {
    int n = indices.length;
    long[] labels = new long[n];
    long[] ids = new long[n];
    float[] weights = new float[n];
    int[] groups = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = data.label(indices[i]);
      ids[i] = data.id(indices[i]);
      weights[i] = data.weight(indices[i]);
      groups[i] = data.group(indices[i]);
    }
    Inputs.Dense inputs = new Inputs.Dense(inputs(data, indices));
    return new Batch(inputs, Tensors.of(labels, n), ids, weights, groups);
  }

  /** {@code [N, ...]}. */
  static Tensor inputs(Dataset data, int... indices) {
    LongStream shape = LongStream.of(data.info().shapeArray());
    return Tensors.of(
        data.read(indices), LongStream.concat(LongStream.of(indices.length), shape).toArray());
  }
}
