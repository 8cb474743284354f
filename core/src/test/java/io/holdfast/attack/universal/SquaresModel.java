package io.holdfast.attack.universal;

import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Three logits of six inputs, {@code z_k = sum_j w_kj (x_j - c_kj)^2}: their slopes change from
 * point to point and are known by hand.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SquaresModel(double[][] weights, double[][] centres) implements Classifier {
  static final int CLASSES = 3;
  static final int SIZE = 6;

  static SquaresModel draw(Seed seed) {
    return new SquaresModel(table(seed.split("weights")), table(seed.split("centres")));
  }

  private static double[][] table(Seed seed) {
    RandomGenerator random = seed.generator();
    double[][] table = new double[CLASSES][SIZE];
    for (double[] row : table) {
      for (int j = 0; j < SIZE; j++) {
        row[j] = random.nextDouble();
      }
    }
    return table;
  }

  @Override
  public int classes() {
    return CLASSES;
  }

  @Override
  public long[] inputShape() {
    return new long[] {SIZE};
  }

  @Override
  public Tensor logits(Tensor x) {
    List<Tensor> columns = new ArrayList<>();
    for (int k = 0; k < CLASSES; k++) {
      Tensor w = Tensors.of(floats(weights[k]), 1, SIZE);
      Tensor c = Tensors.of(floats(centres[k]), 1, SIZE);
      columns.add(x.sub(c).square().mul(w).sumKeep(1)); // [N, 1]
    }
    return Tensors.cat(columns, 1); // [N, K]
  }

  private static float[] floats(double[] values) {
    float[] all = new float[values.length];
    for (int j = 0; j < all.length; j++) {
      all[j] = (float) values[j];
    }
    return all;
  }

  double[] logits(double[] x) {
    double[] z = new double[CLASSES];
    for (int k = 0; k < CLASSES; k++) {
      for (int j = 0; j < SIZE; j++) {
        double d = x[j] - centres[k][j];
        z[k] += weights[k][j] * d * d;
      }
    }
    return z;
  }

  /** Of the logit of class {@code k}. */
  double slope(int k, double[] x, int j) {
    return 2 * weights[k][j] * (x[j] - centres[k][j]);
  }
}
