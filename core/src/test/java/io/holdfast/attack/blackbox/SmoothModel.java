package io.holdfast.attack.blackbox;

import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.random.RandomGenerator;

/**
 * Linear logits of images {@code [1, 16, 16]}, three classes, whose slopes are waves of low
 * frequency, as those of networks on natural images nearly are.
 */
record SmoothModel() implements Classifier {
  private static final int SIDE = 16;
  private static final int CLASSES = 3;
  private static final int WAVES = 3; // per axis

  @Override
  public int classes() {
    return CLASSES;
  }

  @Override
  public long[] inputShape() {
    return new long[] {1, SIDE, SIDE};
  }

  @Override
  public boolean differentiable() {
    return false;
  }

  @Override
  public Tensor logits(Tensor x) {
    Tensor weights = Tensors.of(weights(), SIDE * SIDE, CLASSES); // [D, K]
    return x.flatten(1, -1).sub(0.5).matmul(weights); // [N, K]
  }

  private static float[] weights() {
    RandomGenerator random = new Seed(12).generator();
    float[] weights = new float[SIDE * SIDE * CLASSES];
    for (int k = 0; k < CLASSES; k++) {
      for (int wave = 0; wave < WAVES * WAVES; wave++) {
        double size = random.nextGaussian();
        int rises = wave / WAVES;
        int turns = wave % WAVES;
        for (int i = 0; i < SIDE * SIDE; i++) {
          double down = Math.cos(Math.PI * (2 * (i / SIDE) + 1) * rises / (2.0 * SIDE));
          double across = Math.cos(Math.PI * (2 * (i % SIDE) + 1) * turns / (2.0 * SIDE));
          weights[i * CLASSES + k] += (float) (size * down * across);
        }
      }
    }
    return weights;
  }
}
