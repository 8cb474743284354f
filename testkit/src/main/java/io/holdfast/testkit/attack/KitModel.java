package io.holdfast.testkit.attack;

import io.holdfast.common.Hashes;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * A small network with one hidden layer, trained in a moment on {@link KitData}; the same bits on
 * every run of a machine. Owns its weights until closed.
 */
public final class KitModel implements Classifier, AutoCloseable {
  private static final List<String> LAYERS = List.of("hidden", "logits");
  private static final int HIDDEN = 32;
  private static final int STEPS = 120;
  private static final double RATE = 0.5;

  private final SharedScope owner = Scope.shared();
  private final List<Tensor> weights; // [F, H], [H], [H, K], [K]

  private KitModel(List<Tensor> trained) {
    weights = trained.stream().map(owner::adopt).toList();
  }

  /** Trains one. */
  public static KitModel trained(Seed seed) {
    try (Scope scope = Scope.open()) {
      KitData data = KitData.draw(seed.split("train"), 400);
      Tensor x = data.inputs();
      Tensor y = data.labelTensor();
      Rng rng = Rng.of(seed.split("weights"));
      List<Tensor> weights = new ArrayList<>();
      weights.add(rng.normal(KitData.SIZE, HIDDEN).mul(0.1));
      weights.add(Tensors.zeros(HIDDEN));
      weights.add(rng.normal(HIDDEN, KitData.CLASSES).mul(0.2));
      weights.add(Tensors.zeros(KitData.CLASSES));
      for (int i = 0; i < STEPS; i++) {
        descend(weights, x, y);
      }
      return new KitModel(weights);
    }
  }

  /** The same weights on another device. */
  public KitModel on(Device device) {
    try (Scope scope = Scope.open()) {
      return new KitModel(weights.stream().map(w -> w.to(device)).toList());
    }
  }

  private static void descend(List<Tensor> weights, Tensor x, Tensor y) {
    try (Scope scope = Scope.open()) {
      List<Tensor> leaves = weights.stream().map(Tensor::asLeaf).toList();
      Tensor loss = Nn.crossEntropy(forward(leaves, x), y).mean();
      List<Tensor> slopes = Autograd.grad(loss, leaves, false);
      for (int i = 0; i < weights.size(); i++) {
        weights.get(i).addInPlace(slopes.get(i), -RATE);
      }
    }
  }

  private static Tensor forward(List<Tensor> w, Tensor x) {
    return hidden(w, x).matmul(w.get(2)).add(w.get(3)); // [N, K]
  }

  private static Tensor hidden(List<Tensor> w, Tensor x) {
    return Nn.relu(x.flatten(1, -1).sub(0.5).matmul(w.get(0)).add(w.get(1))); // [N, H]
  }

  @Override
  public int classes() {
    return KitData.CLASSES;
  }

  @Override
  public long[] inputShape() {
    return KitData.shape();
  }

  @Override
  public Device device() {
    return weights.get(0).device();
  }

  @Override
  public Tensor logits(Tensor x) {
    return forward(weights, x);
  }

  @Override
  public List<String> layers() {
    return LAYERS;
  }

  @Override
  public Tensor activation(Tensor x, String layer) {
    return LAYERS.indexOf(layer) == 0 ? hidden(weights, x) : forward(weights, x);
  }

  /** SHA-256 over the weights' bytes. */
  public String hash() {
    StringBuilder all = new StringBuilder();
    weights.forEach(w -> all.append(Hashes.sha256Hex(w.toBytes())));
    return Hashes.sha256Hex(all.toString());
  }

  @Override
  public void close() {
    owner.close();
  }
}
