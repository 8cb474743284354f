package io.holdfast.attack.gradient;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;

/** One number per sample beside tensors {@code [n, ...]}. */
final class PerSample {
  private PerSample() {}

  /** {@code values} as float32 {@code [n, 1, ...]} that broadcasts to {@code like}. */
  static Tensor column(double[] values, Tensor like) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensors.of(narrow, shape(like)).to(like.device());
  }

  /** Copies the rows of {@code from} that {@code chosen} names to {@code to}. */
  static void copy(boolean[] chosen, Tensor from, Tensor to) {
    Tensor mask = Tensors.of(chosen, shape(from)).to(from.device());
    to.copyFrom(Tensors.where(mask, from, to));
  }

  private static long[] shape(Tensor like) {
    long[] shape = new long[like.rank()];
    Arrays.fill(shape, 1);
    shape[0] = like.size(0);
    return shape;
  }
}
