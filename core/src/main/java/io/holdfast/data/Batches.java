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
    long[] shape =
        LongStream.concat(LongStream.of(n), LongStream.of(data.info().shapeArray())).toArray();
    Tensor values = Tensors.of(data.read(indices), shape); // [N, ...]
    return new Batch(new Inputs.Dense(values), Tensors.of(labels, n), ids, weights, groups);
  }
}
