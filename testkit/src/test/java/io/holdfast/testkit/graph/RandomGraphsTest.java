package io.holdfast.testkit.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphJson;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RandomGraphsTest {
  private static final List<Graph> GRAPHS = RandomGraphs.many(new Seed(1), 200);

  @Test
  void inferredShapesAreThoseOfTheRealForward() {
    for (Graph graph : GRAPHS) {
      try (Scope scope = Scope.open();
          Network network = RandomGraphs.network(graph, new Seed(2))) {
        long[] shape = RandomGraphs.input(graph).shape().batched(3);
        Tensor x = Rng.of(new Seed(3)).uniform(0, 1, shape);
        List<String> all = graph.nodes().stream().map(Graph.Node::name).toList();
        Map<String, Tensor> values = network.activations(x, all);
        assertThat(values.keySet()).containsExactlyElementsOf(all);
        values.forEach(
            (name, value) ->
                assertThat(value.shape())
                    .as(name + " in\n" + graph)
                    .isEqualTo(graph.type(name).shape().batched(3)));
        assertThat(network.apply(x).allFinite()).isTrue();
      }
    }
  }

  @Test
  void graphsSurviveJson() {
    for (Graph graph : GRAPHS) {
      String json = GraphJson.write(graph);
      Graph back = GraphJson.read(json, "graph.json");
      assertThat(back).isEqualTo(graph);
      assertThat(GraphJson.write(back)).isEqualTo(json);
    }
  }

  @Test
  void graphsDifferAndHoldEveryKindOfLayer() {
    assertThat(Set.copyOf(GRAPHS)).hasSize(GRAPHS.size());
    Set<String> types =
        GRAPHS.stream()
            .flatMap(g -> g.nodes().stream())
            .map(n -> n.layer().type())
            .collect(Collectors.toSet());
    assertThat(types)
        .contains("conv2d", "add", "concat", "slice", "batch_norm", "group_norm", "layer_norm")
        .contains("max_pool2d", "avg_pool2d", "adaptive_max_pool2d", "upsample", "dropout");
    assertThat(RandomGraphs.many(new Seed(1), 5)).isEqualTo(GRAPHS.subList(0, 5));
  }

  @Test
  void trainingReportsStatisticsOfEachBatchNormAndWritesNoWeight() {
    for (Graph graph : GRAPHS.subList(0, 60)) {
      try (Scope scope = Scope.open();
          Network network = RandomGraphs.network(graph, new Seed(2))) {
        String before = network.hash();
        Tensor x = Rng.of(new Seed(3)).uniform(0, 1, RandomGraphs.input(graph).shape().batched(4));
        Mode mode = Mode.training(new Seed(4), BatchNormPolicy.GHOST);
        Forward.Result result = Forward.run(graph, network.weights(), List.of(x), mode);
        long norms = graph.nodes().stream().filter(n -> n.layer() instanceof BatchNorm).count();
        assertThat(result.statistics()).hasSize((int) norms);
        assertThat(network.hash()).isEqualTo(before);
      }
    }
  }
}
