package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.attack.KitData;
import java.util.Arrays;
import java.util.List;

/** Two convolutions and a linear layer, trained in a moment on {@link KitData}. */
final class TinyCnn implements Classifier, AutoCloseable {
  private static final int CLASSES = 5;
  private static final int SIDE = 8;
  private static final int FIRST = 8;
  private static final int SECOND = 16;
  private static final int STEPS = 150;
  private static final double RATE = 0.3;
  private static final long[] ONE = {1, 1};
  private static final long[] TWO = {2, 2};

  private final SharedScope owner = Scope.shared();
  private final List<Tensor> weights;

  private TinyCnn(List<Tensor> trained) {
    weights = trained.stream().map(owner::adopt).toList();
  }

  static TinyCnn trained(Seed seed) {
    try (Scope scope = Scope.open()) {
      KitData data = KitData.draw(seed.split("train"), 300);
      Tensor x = data.inputs(); // [N, 1, 8, 8]
      long[] labels = Arrays.stream(data.labels()).asLongStream().toArray();
      Tensor y = Tensors.of(labels, labels.length);
      Rng rng = Rng.of(seed.split("weights"));
      List<Tensor> weights =
          List.of(
              rng.normal(FIRST, 1, 3, 3).mul(0.3),
              rng.normal(SECOND, FIRST, 3, 3).mul(0.15),
              rng.normal(SECOND * SIDE * SIDE / 4, CLASSES).mul(0.05));
      for (int i = 0; i < STEPS; i++) {
        try (Scope step = Scope.open()) {
          List<Tensor> leaves = weights.stream().map(Tensor::asLeaf).toList();
          Tensor loss = Nn.crossEntropy(forward(leaves, x), y).mean();
          List<Tensor> slopes = Autograd.grad(loss, leaves, false);
          for (int k = 0; k < slopes.size(); k++) {
            weights.get(k).addInPlace(slopes.get(k), -RATE);
          }
        }
      }
      return new TinyCnn(weights);
    }
  }

  private static Tensor forward(List<Tensor> w, Tensor x) {
    Tensor first = Nn.relu(Nn.conv2d(x.sub(0.5), w.get(0), null, ONE, ONE, ONE, 1)); // [N, 8, 8, 8]
    Tensor second = Nn.relu(Nn.conv2d(first, w.get(1), null, TWO, ONE, ONE, 1)); // [N, 16, 4, 4]
    return second.flatten(1, -1).matmul(w.get(2)); // [N, K]
  }

  @Override
  public int classes() {
    return CLASSES;
  }

  @Override
  public long[] inputShape() {
    return new long[] {1, SIDE, SIDE};
  }

  @Override
  public Tensor logits(Tensor x) {
    return forward(weights, x);
  }

  @Override
  public void close() {
    owner.close();
  }
}
