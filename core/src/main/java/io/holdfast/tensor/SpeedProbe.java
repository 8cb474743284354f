package io.holdfast.tensor;

import io.holdfast.common.Seed;

/** Short measurements of this machine, for {@code doctor} and for estimates of running time. */
public final class SpeedProbe {
  private static final int ROUNDS = 9;
  private static final long[] ONE = {1, 1};

  private SpeedProbe() {}

  /**
   * How much faster the forward and input-gradient pass of two 3x3 convolutions is in bfloat16 than
   * in float32 on one thread: the ratio of medians over nine alternating rounds, well under a
   * second.
   */
  public static double bfloat16SpeedUp() {
    Engine.load();
    try (Workers worker = Workers.of(1)) {
      return worker.map(1, i -> measure()).get(0);
    }
  }

  private static double measure() {
    Rng rng = Rng.of(new Seed(1));
    Tensor x = rng.normal(16, 64, 24, 24).channelsLast(); // [N, C, H, W]
    Tensor w = rng.normal(64, 64, 3, 3).channelsLast(); // [O, C, 3, 3]
    double[] plain = new double[ROUNDS];
    double[] reduced = new double[ROUNDS];
    for (int i = -2; i < ROUNDS; i++) {
      double a = seconds(x, w, Precision.FLOAT32);
      double b = seconds(x, w, Precision.BFLOAT16);
      if (i >= 0) {
        plain[i] = a;
        reduced[i] = b;
      }
    }
    return median(plain) / median(reduced);
  }

  private static double seconds(Tensor x, Tensor w, Precision precision) {
    long start = System.nanoTime();
    try (Scope scope = Scope.open()) {
      Tensor leaf = x.asLeaf();
      Tensor y;
      try (Autocast on = Autocast.of(precision, Device.CPU)) {
        y = Nn.relu(Nn.conv2d(leaf, w, null, ONE, ONE, ONE, 1));
        y = Nn.relu(Nn.conv2d(y, w, null, ONE, ONE, ONE, 1));
      }
      Autograd.grad(y.to(DType.FLOAT32).sum(), leaf);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
