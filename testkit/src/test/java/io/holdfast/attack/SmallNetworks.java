package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.data.Batch;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.Fit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Convolutional networks on Fashion-MNIST that are trained in seconds, and images to attack. */
final class SmallNetworks {
  private static final int IMAGES = 2000;
  private static final int STEPS = 300;

  private SmallNetworks() {}

  /** Images to attack, none of which was trained on. */
  static Dataset test(int n) {
    return FashionMnist.test().first(n);
  }

  static Tensor inputs(Dataset data) {
    return data.batch(IntStream.range(0, data.size()).toArray()).inputs().dense();
  }

  static AttackResult attack(AttackDriver driver, Attack attack, Dataset data) {
    int[] labels = IntStream.range(0, data.size()).map(data::label).toArray();
    long[] ids = LongStream.range(0, data.size()).toArray();
    return driver.run(attack, inputs(data), labels, ids, new Seed(4));
  }

  static long fallen(AttackResult result) {
    return result.samples().stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  /** Weights as they are drawn. */
  static Network fresh(Seed seed) {
    GraphBuilder g = Graph.builder("small");
    g.input("input", TensorType.floats(1, 28, 28));
    for (int i = 1; i <= 3; i++) {
      g.add("conv" + i, Conv2d.of(i == 1 ? 8 : 16, 3).padding(1));
      g.add("relu" + i, new Relu());
      g.add("pool" + i, MaxPool2d.of(2));
    }
    g.add("flatten", new Flatten());
    g.add("fc1", Linear.of(64));
    g.add("relu4", new Relu());
    Graph graph = g.output(g.add("fc2", Linear.of(10))).build();
    return Network.initialise(graph, Initialisation.PYTORCH, seed);
  }

  /** About four of five test images are right. */
  static Network trained(Seed seed) {
    Network network = fresh(seed);
    try (Scope scope = Scope.open()) {
      Batch batch = FashionMnist.train().batch(IntStream.range(0, IMAGES).toArray());
      Tensor wanted = Nn.oneHot(batch.labels(), 10); // [N, 10]
      Fit.steps(STEPS)
          .run(
              network,
              batch.inputs().dense(),
              wanted,
              (z, y) -> y.mul(Nn.logSoftmax(z, 1)).sum(1).mean().neg(),
              seed.split("fit"));
    }
    return network;
  }
}
