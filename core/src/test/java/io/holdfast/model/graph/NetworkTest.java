package io.holdfast.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private static Graph graph() {
    GraphBuilder g = Graph.builder();
    g.input("input", TensorType.floats(2, 6, 6));
    g.add("conv", Conv2d.of(4, 3));
    g.add("bn", new BatchNorm());
    g.add("relu", new Relu());
    g.add("dropout", new Dropout(0.4));
    g.add("flatten", new Flatten());
    return g.output(g.add("fc", Linear.of(3))).build();
  }

  private static Network network() {
    return Network.initialise(graph(), Initialisation.PYTORCH, new Seed(7));
  }

  private static Tensor input(int n) {
    return Rng.of(new Seed(3)).uniform(0, 1, n, 2, 6, 6);
  }

  @Test
  void initialisationIsFrozenForEver() {
    try (Network a = network();
        Network b = network();
        Network other = Network.initialise(graph(), Initialisation.PYTORCH, new Seed(8))) {
      assertThat(a.hash()).isEqualTo(b.hash()).isNotEqualTo(other.hash());
      assertThat(a.hash())
          .isEqualTo("95e82970d6bca51d54bdda18b4652735487b8ca7a1675d5ba61d40b40a23d02a");
      assertThat(a.parameterCount()).isEqualTo(4 * 2 * 9 + 4 + 8 + 3 * 64 + 3);
    }
  }

  @Test
  void weightsStayWithinTheirBounds() {
    try (Scope scope = Scope.open();
        Network network = network()) {
      double bound = 1 / Math.sqrt(18);
      double largest = network.weight("conv.weight").abs().max().item();
      assertThat(largest).isBetween(0.8 * bound, bound);
      assertThat(network.weight("bn.running_var").toFloats()).containsOnly(1);
      assertThat(network.weight("bn.bias").toFloats()).containsOnly(0);
    }
  }

  @Test
  void copiesShareNothing() {
    try (Scope scope = Scope.open();
        Network network = network();
        Network copy = network.copy()) {
      String before = network.hash();
      assertThat(copy.hash()).isEqualTo(before);
      copy.weight("fc.bias").fillInPlace(1);
      assertThat(network.hash()).isEqualTo(before).isNotEqualTo(copy.hash());
      network.setWeights(copy.weights());
      assertThat(network.hash()).isEqualTo(copy.hash());
    }
  }

  @Test
  void frozenLayersAreNotTrainable() {
    try (Network network = network()) {
      assertThat(network.trainable().stream().map(Graph.Parameter::name))
          .containsExactly(
              "conv.weight", "conv.bias", "bn.weight", "bn.bias", "fc.weight", "fc.bias");
      network.freeze(List.of("conv", "bn"));
      assertThat(network.trainable().stream().map(Graph.Parameter::name))
          .containsExactly("fc.weight", "fc.bias");
      assertThatThrownBy(() -> network.freeze(List.of("fc", "covn")))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("did you mean conv?");
      assertThat(network.frozen()).containsExactly("conv", "bn");
      network.unfreeze(List.of("conv"));
      assertThat(network.groups(p -> p.spec().kind().toString()).keySet())
          .containsExactly("WEIGHT", "BIAS");
    }
  }

  @Test
  void activationsAndTheirVectorJacobianProductsComeByName() {
    try (Scope scope = Scope.open();
        Network network = network()) {
      Tensor x = input(2);
      Tensor relu = Objects.requireNonNull(network.activations(x, List.of("relu")).get("relu"));
      assertThat(relu.shape()).containsExactly(2, 4, 4, 4);
      assertThat(relu.min().item()).isZero();
      Tensor cotangent = Rng.of(new Seed(4)).normal(relu.shape());
      Tensor leaf = x.asLeaf();
      Tensor all = Objects.requireNonNull(network.activations(leaf, List.of("relu")).get("relu"));
      Tensor wanted = Autograd.grad(all.mul(cotangent).sum(), leaf);
      assertThat(network.vjp(x, "relu", cotangent).sub(wanted).abs().max().item()).isLessThan(1e-6);
      assertThatThrownBy(() -> network.activations(x, List.of("rellu")))
          .hasMessageContaining("did you mean relu?");
    }
  }

  @Test
  void dropoutMasksFollowTheSeedAndKeepTheMean() {
    GraphBuilder g = Graph.builder();
    g.input("input", TensorType.floats(1000));
    Graph graph = g.output(g.add("dropout", new Dropout(0.25))).build();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(8, 1000);
      Tensor first = dropped(graph, x, 1);
      assertThat(dropped(graph, x, 1).sameAs(first)).isTrue();
      assertThat(dropped(graph, x, 2).sameAs(first)).isFalse();
      assertThat(first.mean().item()).isCloseTo(1, within(0.03));
      assertThat(first.max().item()).isCloseTo(1 / 0.75, within(1e-6));
      assertThat(first.eq(0).to(x.type()).mean().item()).isCloseTo(0.25, within(0.02));
      Forward.Result quiet = Forward.run(graph, Map.of(), List.of(x), Mode.EVALUATION);
      assertThat(quiet.value("dropout").sameAs(x)).isTrue();
    }
  }

  private static Tensor dropped(Graph graph, Tensor x, long seed) {
    Mode mode = Mode.training(new Seed(seed), BatchNormPolicy.GHOST);
    return Forward.run(graph, Map.of(), List.of(x), mode).value("dropout");
  }

  @Test
  void ghostBatchNormUsesTheShardAndPoolsIntoTheStatisticsOfTheWholeBatch() {
    GraphBuilder g = Graph.builder();
    g.input("input", TensorType.floats(2, 6, 6));
    Graph graph = g.output(g.add("bn", new BatchNorm())).build();
    Mode mode = Mode.training(new Seed(1), BatchNormPolicy.GHOST);
    try (Scope scope = Scope.open();
        Network whole = Network.initialise(graph, Initialisation.PYTORCH, new Seed(7));
        Network sharded = whole.copy()) {
      Tensor x = input(10).mul(3).add(1);
      Forward.Result all = Forward.run(graph, whole.weights(), List.of(x), mode);
      Tensor y = all.value("bn");
      assertThat(y.mean(0, 2, 3).abs().max().item()).isLessThan(1e-5);
      assertThat(y.square().mean(0, 2, 3).sub(1).abs().max().item()).isLessThan(1e-4);
      whole.updateStatistics(List.of(all.statistics()));
      sharded.updateStatistics(
          List.of(
              Forward.run(graph, sharded.weights(), List.of(x.slice(0, 0, 7)), mode).statistics(),
              Forward.run(graph, sharded.weights(), List.of(x.slice(0, 7, 10)), mode)
                  .statistics()));
      Tensor values = x.permute(1, 0, 2, 3).flatten(1, 3); // [C, N * H * W]
      Tensor mean = values.mean(1L); // [C]
      Tensor squares = values.sub(mean.unsqueeze(1)).square().sum(1L); // [C]
      Tensor variance = squares.div(359).mul(0.1).add(0.9); // unbiased: 10 * 36 - 1
      for (Network n : List.of(whole, sharded)) {
        assertThat(worst(n.weight("bn.running_mean"), mean.mul(0.1))).isLessThan(1e-5);
        assertThat(worst(n.weight("bn.running_var"), variance)).isLessThan(1e-4);
      }
      whole.freeze(List.of("bn"));
      String before = whole.hash();
      whole.updateStatistics(List.of(all.statistics()));
      assertThat(whole.hash()).isEqualTo(before);
      Mode running = Mode.training(new Seed(1), BatchNormPolicy.RUNNING);
      Forward.Result fixed = Forward.run(graph, whole.weights(), List.of(x), running);
      assertThat(fixed.statistics()).isEmpty();
      assertThat(fixed.value("bn").sameAs(whole.apply(x))).isTrue();
    }
  }

  private static double worst(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item();
  }

  @Test
  void everyWeightThatDoesNotFitIsReported() {
    try (Scope scope = Scope.open();
        Network network = network()) {
      Map<String, Tensor> weights = new HashMap<>(network.weights());
      weights.remove("fc.bias");
      weights.put("fc.wieght", Tensors.ones(1));
      weights.put("conv.bias", Tensors.ones(5));
      weights.put("bn.bias", Tensors.of(new long[] {1, 2, 3, 4}));
      assertThatThrownBy(() -> Network.of(graph(), weights, "w.safetensors"))
          .hasMessageContaining("w.safetensors: fc.bias: expected a tensor [3], found nothing")
          .hasMessageContaining("fc.wieght: expected no such weight")
          .hasMessageContaining("conv.bias: expected shape [4], found [5]")
          .hasMessageContaining("bn.bias: expected a floating type, found INT64");
    }
  }

  @Test
  void wrongInputsAreNamed() {
    try (Scope scope = Scope.open();
        Network network = network()) {
      assertThatThrownBy(() -> network.apply(Tensors.ones(1, 2, 6, 7)))
          .hasMessageContaining("input input: expected [N, ...] of float32 [2, 6, 6]");
      assertThat(network.classifier().classes()).isEqualTo(3);
      assertThat(network.classifier().inputShape()).containsExactly(2, 6, 6);
    }
  }
}
