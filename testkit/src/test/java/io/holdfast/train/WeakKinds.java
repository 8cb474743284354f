package io.holdfast.train;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import java.util.Set;
import java.util.stream.IntStream;

/** Clothes of which two kinds are rare in training, so that a model is weak in them. */
final class WeakKinds {
  /** Without the four kinds of tops that are mistaken for each other whatever one does. */
  static final Set<Integer> ALL = Set.of(0, 1, 3, 5, 7, 8, 9);

  /** Those that are weak. */
  static final Set<Integer> RARE = Set.of(1, 8);

  private WeakKinds() {}

  /** Of the samples to train on, every twentieth of the rare kinds. */
  static Dataset train() {
    return some(FashionMnist.train(), 0, 6000, 20);
  }

  /** Others, by which a model is judged before it is trained on. */
  static Dataset judged() {
    return some(FashionMnist.train(), 6000, 9000, 1);
  }

  static Dataset test() {
    return some(FashionMnist.test(), 0, 2000, 1);
  }

  private static Dataset some(Dataset all, int from, int to, int rare) {
    int[] seen = new int[10];
    int[] rows =
        IntStream.range(from, to)
            .filter(i -> ALL.contains(all.label(i)))
            .filter(i -> !RARE.contains(all.label(i)) || seen[all.label(i)]++ % rare == 0)
            .toArray();
    return all.subset(rows);
  }

  /** Fresh weights of a small network. */
  static Network fresh(int classes, long seed) {
    GraphBuilder g = Graph.builder("mlp");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("flatten", new Flatten());
    g.add("a", Linear.of(128));
    g.add("relu", new Relu());
    Graph graph = g.output(g.add("out", Linear.of(classes))).build();
    return Network.initialise(graph, Initialisation.PYTORCH, new Seed(seed));
  }

  /** Training on these samples, four steps of the search each. */
  static Run training(Dataset samples, long seed, int epochs, Schedule schedule) {
    Optimiser.Config sgd = new Optimiser.Config("sgd", 0.05, 0.9, false, 0.9, 0.999, 0, schedule);
    return new Run()
        .with(r -> r.train = samples)
        .with(r -> r.validation = null)
        .with(r -> r.fraction = 0.25)
        .with(r -> r.seed = seed)
        .settings(
            s -> s.steps(Curve.constant(4)).epochs(epochs).batch(64).shard(64).optimiser(sgd));
  }

  static Evaluation attacked(Network network) {
    return Evaluation.of(network.classifier()).against(Run.THREAT).with(Pgd.steps(10));
  }
}
