package io.holdfast.attack.gradient;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;

/** One number per sample beside tensors {@code [n, ...]}. */
final class PerSample {
  private static final double TINY = 1e-30;

  private PerSample() {}

  /** {@code values} as float32 {@code [n, 1, ...]} that broadcasts to {@code like}. */
  static Tensor column(double[] values, Tensor like) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensors.of(narrow, Tensors.perSample(like)).to(like.device());
  }

  /** Copies the rows of {@code from} that {@code chosen} names to {@code to}. */
  static void copy(boolean[] chosen, Tensor from, Tensor to) {
    Tensor mask = Tensors.of(chosen, Tensors.perSample(from)).to(from.device());
    to.copyFrom(Tensors.where(mask, from, to));
  }

  /**
   * {@code gradient [n, ...]} over its size: the length in L2 and L1, in L-infinity the mean of its
   * absolute values. A zero gradient stays one.
   */
  static Tensor unit(Norm norm, Tensor gradient) {
    Tensor g = gradient.reshape(gradient.size(0), -1); // [n, D]
    Tensor scaled = g.div(g.abs().max(1).unsqueeze(1).clampMin(TINY)); // squares do not underflow
    Tensor size = // [n, 1]
        switch (norm) {
          case LINF -> scaled.abs().meanKeep(1);
          case L2 -> scaled.square().sumKeep(1).sqrt();
          default -> scaled.abs().sumKeep(1);
        };
    return scaled.div(size.clampMin(TINY)).view(gradient.shape());
  }
}
