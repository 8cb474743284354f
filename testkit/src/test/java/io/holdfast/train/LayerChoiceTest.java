package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Standard;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Layers that amplify, by construction, and training of them alone. */
@ExtendWith(LeakCheck.class)
class LayerChoiceTest {
  private static final double EPSILON = 0.1;
  private static final int PIXELS = 28 * 28;
  private static final double OFFSET = 10;

  /** Never in the way of a step. */
  private static final ThreatModel WIDE = ThreatModel.linf(EPSILON).within(-1, 2);

  /** Two layers that only add a number, then a linear one. */
  private static Run run() {
    GraphBuilder g = Graph.builder("offsets");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("one", Conv2d.of(1, 1));
    g.add("two", Conv2d.of(1, 1));
    g.add("flatten", new Flatten());
    Graph graph = g.output(g.add("out", Linear.of(10))).build();
    return new Run().with(r -> r.graph = graph);
  }

  /** What a large number is added to hardly changes; where it is taken off again, all the more. */
  private static Network network(double first, double second) {
    Network network = run().network();
    network.weight("one.weight").fillInPlace(1);
    network.weight("one.bias").fillInPlace(first);
    network.weight("two.weight").fillInPlace(1);
    network.weight("two.bias").fillInPlace(second);
    return network;
  }

  private static List<LayerSensitivity.Row> sensitivity(Network network) {
    InnerMaximiser oneSign = new InnerMaximiser(1, 1, Start.CLEAN);
    try (Workers pool = Workers.of(2)) {
      return LayerSensitivity.of(network, Run.TRAIN, WIDE, oneSign, new Seed(3), pool);
    }
  }

  /** The mean over samples of an L2 length of the change over that of pixels plus a number. */
  private static double change(double offset) {
    ToDoubleFunction<float[]> relative =
        pixels -> {
          double square = 0;
          for (float pixel : pixels) {
            square += (pixel + offset) * (pixel + offset);
          }
          return EPSILON * Math.sqrt(PIXELS / square);
        };
    return IntStream.range(0, Run.TRAIN.size())
        .mapToDouble(i -> relative.applyAsDouble(Run.TRAIN.read(i)))
        .average()
        .orElseThrow();
  }

  @Test
  void amplificationIsTheRatioOfRelativeChanges() {
    try (Network network = network(OFFSET, -OFFSET)) {
      List<LayerSensitivity.Row> rows = sensitivity(network);
      assertThat(rows.get(0).change()).isCloseTo(change(OFFSET), within(1e-5));
      assertThat(rows.get(0).amplification()).isCloseTo(change(OFFSET) / change(0), within(1e-4));
      assertThat(rows.get(1).change()).isCloseTo(change(0), within(1e-4));
      assertThat(rows.get(1).amplification())
          .isCloseTo(change(0) / change(OFFSET), within(1e-2))
          .isGreaterThan(20);
    }
  }

  @Test
  void theLayerThatAmplifiesIsFoundWhereverItStands() {
    try (Network network = network(OFFSET, -OFFSET)) {
      assertThat(LayerSensitivity.others(sensitivity(network), 1)).containsExactly("one", "out");
    }
    try (Scope scope = Scope.open();
        Network network = network(0, OFFSET)) { // which the last layer takes off again
      Tensor weight = network.weight("out.weight"); // [K, F]
      weight.subInPlace(weight.meanKeep(1));
      assertThat(LayerSensitivity.others(sensitivity(network), 1)).containsExactly("one", "two");
    }
  }

  @Test
  void aFrozenLayerIsNotChosenToBeTrained() {
    Run run = run();
    try (Network network = network(OFFSET, -OFFSET);
        Workers pool = Workers.of(2)) {
      network.freeze(List.of("two")); // which amplifies most
      new LayerChoice(1, 64, 0).choose(network, Run.TRAIN, WIDE, new Seed(3), pool, run.progress);
      assertThat(network.trainable()).extracting(p -> p.node().name()).containsOnly("out");
      assertThat(network.frozen()).containsExactlyInAnyOrder("one", "two");
    }
  }

  /** A unit that nothing reaches says nothing of its layer. */
  @Test
  void samplesWithoutAnyValueDoNotCount() {
    Dataset some =
        new ForwardingDataset(Run.TRAIN) {
          @Override
          public void read(int index, float[] into, int offset) {
            if (index % 8 == 0) {
              Arrays.fill(into, offset, offset + info().sampleSize(), 0);
            } else {
              super.read(index, into, offset);
            }
          }
        };
    try (Network network = network(OFFSET, -OFFSET);
        Workers pool = Workers.of(2)) {
      InnerMaximiser search = new InnerMaximiser(2, 0.5, InnerMaximiser.Start.CLEAN);
      List<LayerSensitivity.Row> rows =
          LayerSensitivity.of(network, some, WIDE, search, new Seed(3), pool);
      assertThat(rows).allMatch(row -> row.change() < 1000);
    }
  }

  /** One step of plain descent: the others move by a tenth of what they would. */
  @Test
  void theOthersMayBeTrainedGently() {
    Run run =
        run()
            .settings(
                s ->
                    s.objective(new Standard())
                        .epochs(1)
                        .batch(Run.TRAIN.size())
                        .optimiser(WeightMethodsTest.plainDescent(0.1)));
    try (Scope scope = Scope.open();
        Network start = network(OFFSET, -OFFSET);
        Network whole = network(OFFSET, -OFFSET);
        Network gentle = network(OFFSET, -OFFSET);
        Workers pool = Workers.of(2)) {
      Slowed slowed =
          new LayerChoice(1, 64, 0.1)
              .choose(gentle, Run.TRAIN, WIDE, new Seed(3), pool, run.progress);
      assertThat(gentle.frozen()).isEmpty();
      assertThat(Objects.requireNonNull(slowed).layers()).doesNotContain("two").isNotEmpty();
      run.go(whole);
      run.settings(s -> s.methods(Methods.NONE.with(slowed))).go(gentle);
      for (Graph.Parameter p : start.trainable()) {
        double part = slowed.layers().contains(p.node().name()) ? 0.1 : 1;
        Tensor old = start.weight(p.name());
        Tensor expected = old.add(whole.weight(p.name()).sub(old), part);
        assertThat(gentle.weight(p.name()).sub(expected).abs().max().item())
            .as(p.name())
            .isLessThan(1e-6);
        assertThat(gentle.weight(p.name()).sameAs(old)).as(p.name()).isFalse();
      }
    }
  }

  private static Map<String, byte[]> weights(Network network) {
    Map<String, byte[]> all = new HashMap<>();
    network.weights().forEach((name, weight) -> all.put(name, weight.toBytes()));
    return all;
  }

  /** Weights and, of a frozen batch norm, running statistics. */
  private static void assertTrainedAlone(Run run, Network network) {
    try (Workers pool = Workers.of(2)) {
      new LayerChoice(1, 64, 0)
          .choose(network, Run.TRAIN, Run.THREAT, new Seed(3), pool, run.progress);
    }
    assertThat(network.frozen()).isNotEmpty();
    Map<String, byte[]> before = weights(network);
    run.go(network);
    weights(network)
        .forEach(
            (name, after) -> {
              String layer = name.substring(0, name.lastIndexOf('.'));
              if (network.frozen().contains(layer)) {
                assertThat(after).as(name).isEqualTo(before.get(name));
              } else {
                assertThat(after).as(name).isNotEqualTo(before.get(name));
              }
            });
  }

  @Test
  void theChosenLayerIsTrainedAndAllElseStaysBitForBit() {
    try (Network network = network(OFFSET, -OFFSET)) {
      assertTrainedAlone(run(), network);
      assertThat(network.frozen()).containsExactlyInAnyOrder("one", "out");
    }
    Run normed = new Run().with(r -> r.graph = Run.NORMED);
    try (Network network = normed.network()) {
      assertTrainedAlone(normed, network);
      assertThat(network.frozen()).hasSize(2);
    }
  }
}
