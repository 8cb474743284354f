package io.holdfast.testkit.evaluate;

import io.holdfast.data.Dataset;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/** The class with the nearest mean: a linear model that needs no training. */
final class MeansModel implements Classifier {
  private final float[] means; // [K, D]
  private final float[] bias; // [K]
  private final long[] shape;

  MeansModel(Dataset train, float sharpness) {
    int classes = train.info().classCount();
    int size = train.info().sampleSize();
    shape = train.info().shapeArray();
    double[] sums = new double[classes * size];
    int[] counts = train.classCounts();
    float[] one = new float[size];
    for (int i = 0; i < train.size(); i++) {
      train.read(i, one, 0);
      for (int d = 0; d < size; d++) {
        sums[train.label(i) * size + d] += (double) one[d] / counts[train.label(i)];
      }
    }
    means = new float[classes * size];
    bias = new float[classes];
    for (int k = 0; k < classes; k++) {
      double square = 0;
      for (int d = 0; d < size; d++) {
        means[k * size + d] = (float) (sharpness * sums[k * size + d]);
        square += sums[k * size + d] * sums[k * size + d];
      }
      bias[k] = (float) (-sharpness * square / 2);
    }
  }

  @Override
  public int classes() {
    return bias.length;
  }

  @Override
  public long[] inputShape() {
    return shape.clone();
  }

  @Override
  public Tensor logits(Tensor x) {
    Tensor weights = Tensors.of(means, bias.length, means.length / bias.length); // [K, D]
    Tensor flat = x.reshape(x.size(0), -1); // [N, D]
    return flat.matmul(weights.transpose(0, 1)).add(Tensors.of(bias, bias.length)); // [N, K]
  }
}
