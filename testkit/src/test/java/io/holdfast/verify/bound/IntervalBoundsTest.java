package io.holdfast.verify.bound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.graph.RandomGraphs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Interval bounds against points inside the box, on random graphs. */
@ExtendWith(LeakCheck.class)
class IntervalBoundsTest {
  private static final List<Graph> GRAPHS = RandomGraphs.many(new Seed(11), 150);
  private static final int N = 3;
  private static final double ROUNDING = 1e-3;

  private static List<Graph> bounded() {
    return GRAPHS.stream().filter(g -> IntervalBounds.unsupported(g).isEmpty()).toList();
  }

  private static Tensor inputs(Graph graph) {
    return Rng.of(new Seed(3)).uniform(0, 1, RandomGraphs.input(graph).shape().batched(N));
  }

  /** Corners and random points of the box. */
  private static List<Tensor> points(Bounds box) {
    List<Tensor> points = new ArrayList<>(List.of(box.lower(), box.upper()));
    for (int i = 0; i < 20; i++) {
      Tensor share = Rng.of(new Seed(i)).uniform(0, 1, box.lower().shape());
      Tensor point = i % 2 == 0 ? share.round() : share; // corners, or points between
      points.add(box.lower().add(box.upper().sub(box.lower()).mul(point)));
    }
    return points;
  }

  @Test
  void whatAPointGivesLiesInTheBox() {
    for (Graph graph : bounded()) {
      try (Scope scope = Scope.open();
          Network network = RandomGraphs.network(graph, new Seed(2))) {
        IntervalBounds bounds = new IntervalBounds(graph, network.weights(), Map.of());
        Bounds box = Bounds.ball(inputs(graph), 0.05, 0, 1);
        Bounds out = bounds.of(box);
        Tensor labels = Tensors.of(new long[] {0, 1, 0}, N);
        Tensor margins = bounds.margins(box, labels); // [N, K]
        for (Tensor point : points(box)) {
          Tensor z = network.apply(point); // [N, K]
          double tolerance = ROUNDING * (1 + z.abs().max().item());
          assertThat(z.sub(out.lower()).min().item()).as("%s", graph).isGreaterThan(-tolerance);
          assertThat(out.upper().sub(z).min().item()).as("%s", graph).isGreaterThan(-tolerance);
          Tensor above = z.sub(z.gather(1, labels.unsqueeze(1))); // [N, K]
          assertThat(margins.sub(above).min().item()).as("%s", graph).isGreaterThan(-tolerance);
        }
      }
    }
  }

  @Test
  void aPointIsItsOwnBoxAndMarginsAreNoWiderThanLogits() {
    for (Graph graph : bounded().subList(0, 30)) {
      try (Scope scope = Scope.open();
          Network network = RandomGraphs.network(graph, new Seed(2))) {
        IntervalBounds bounds = new IntervalBounds(graph, network.weights(), Map.of());
        Tensor x = inputs(graph);
        Tensor z = network.apply(x); // [N, K]
        Bounds same = bounds.of(Bounds.ball(x, 0, 0, 1));
        double tolerance = ROUNDING * (1 + z.abs().max().item());
        assertThat(same.lower().sub(z).abs().max().item()).isCloseTo(0, within(tolerance));
        assertThat(same.upper().sub(z).abs().max().item()).isCloseTo(0, within(tolerance));
        Bounds box = Bounds.ball(x, 0.05, 0, 1);
        Tensor labels = Tensors.of(new long[] {0, 1, 0}, N);
        Tensor margins = bounds.margins(box, labels); // [N, K]
        Bounds logits = bounds.of(box);
        Tensor naive = logits.upper().sub(logits.lower().gather(1, labels.unsqueeze(1)));
        assertThat(naive.sub(margins).min().item()).isGreaterThan(-tolerance);
        assertThat(margins.gather(1, labels.unsqueeze(1)).abs().max().item()).isLessThan(1e-6);
      }
    }
  }

  @Test
  void boundsAreOnTheTapeOfTheWeights() {
    Graph graph = bounded().get(0);
    try (Scope scope = Scope.open();
        Network network = RandomGraphs.network(graph, new Seed(2))) {
      Map<String, Tensor> leaves = new LinkedHashMap<>();
      network.weights().forEach((name, w) -> leaves.put(name, w.asLeaf()));
      Tensor margins =
          new IntervalBounds(graph, leaves, Map.of())
              .margins(Bounds.ball(inputs(graph), 0.05, 0, 1), Tensors.of(new long[] {0, 1, 0}, N));
      String last = graph.outputs().get(0);
      Tensor slope = Autograd.grad(margins.sum(), leaves.get(last + ".weight"));
      assertThat(slope.abs().max().item()).isPositive();
    }
  }

  @Test
  void everySupportedLayerIsAmongThemAndOthersAreListed() {
    Set<String> types =
        bounded().stream()
            .flatMap(g -> g.nodes().stream())
            .map(n -> n.layer().type())
            .collect(Collectors.toSet());
    assertThat(types)
        .contains("conv2d", "linear", "batch_norm", "normalise", "relu", "leaky_relu", "softplus")
        .contains("sigmoid", "tanh", "silu", "gelu", "max_pool2d", "avg_pool2d", "upsample", "add")
        .contains("adaptive_avg_pool2d", "adaptive_max_pool2d", "concat", "flatten", "slice");
    Graph other =
        GRAPHS.stream()
            .filter(g -> IntervalBounds.unsupported(g).size() > 1)
            .findFirst()
            .orElseThrow();
    assertThat(IntervalBounds.unsupported(other)).allMatch(t -> t.contains("_norm"));
    try (Scope scope = Scope.open();
        Network network = RandomGraphs.network(other, new Seed(2))) {
      IntervalBounds bounds = new IntervalBounds(other, network.weights(), Map.of());
      Bounds box = Bounds.ball(inputs(other), 0.05, 0, 1);
      assertThatThrownBy(() -> bounds.of(box)).hasMessageContaining("no interval rule for");
    }
  }
}
