package io.holdfast.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.layer.Embedding;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each layer against its slow twin, and its derivatives against finite differences. */
class LayerTest {
  private static final double STEP = 1e-6;

  static List<LayerCase> cases() {
    return LayerCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardEqualsItsSlowTwin(LayerCase c) {
    Graph graph = c.graph();
    try (Scope scope = Scope.open()) {
      List<Tensor> inputs = c.values(graph);
      Map<String, Tensor> parameters = c.parameters(graph);
      Tensor out = run(graph, parameters, inputs);
      assertThat(out.shape()).isEqualTo(graph.type("layer").shape().batched(LayerCase.BATCH));
      Map<String, double[]> plain = new LinkedHashMap<>();
      parameters.forEach((name, t) -> plain.put(name.substring("layer.".length()), t.toDoubles()));
      for (int n = 0; n < LayerCase.BATCH; n++) {
        List<double[]> sample = new ArrayList<>();
        for (Tensor t : inputs) {
          sample.add(t.select(0, n).toDoubles());
        }
        double[] twin = c.twin().apply(sample, plain);
        assertThat(out.select(0, n).toDoubles()).containsExactly(twin, within(1e-10));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void derivativesAgreeWithFiniteDifferences(LayerCase c) {
    Graph graph = c.graph();
    try (Scope scope = Scope.open()) {
      List<Tensor> inputs = leaves(c.inputs().isEmpty() ? List.of() : c.values(graph));
      List<Tensor> fixed = c.inputs().isEmpty() ? c.values(graph) : inputs;
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      parameters.putAll(c.parameters(graph));
      List<Tensor> leaves = new ArrayList<>(inputs);
      for (Graph.Parameter p : graph.parameters()) {
        if (p.spec().kind().learned()) {
          parameters.computeIfPresent(p.name(), (name, t) -> t.asLeaf());
          leaves.add(find(parameters, p.name()));
        }
      }
      Tensor out = run(graph, parameters, fixed);
      Tensor cotangent = noise(new Seed(8).split(c.name()), out.shape());
      List<Tensor> gradients = Autograd.vjp(out, leaves, cotangent, false);
      for (int i = 0; i < leaves.size(); i++) {
        Tensor direction = noise(new Seed(9).split(c.name()).split(i), leaves.get(i).shape());
        double along = gradients.get(i).mul(direction).sum().item();
        Tensor place = leaves.get(i).detach();
        place.addInPlace(direction, STEP);
        double above = run(graph, parameters, fixed).mul(cotangent).sum().item();
        place.addInPlace(direction, -2 * STEP);
        double below = run(graph, parameters, fixed).mul(cotangent).sum().item();
        place.addInPlace(direction, STEP);
        double difference = (above - below) / (2 * STEP);
        assertThat(along).isCloseTo(difference, within(1e-6 * (1 + Math.abs(along))));
      }
    }
  }

  /** Fails as well where an operation meets tensors of two devices. */
  @ParameterizedTest
  @MethodSource("cases")
  @EnabledIfSystemProperty(named = "holdfast.devicecheck", matches = "true")
  void computesWhereItsInputsAre(LayerCase c) {
    Device other = new Device(0); // a stand-in
    Graph graph = c.graph();
    try (Scope scope = Scope.open()) {
      List<Tensor> inputs = c.values(graph);
      Map<String, Tensor> parameters = c.parameters(graph);
      Tensor here = run(graph, parameters, inputs);
      parameters.replaceAll((name, t) -> t.to(other));
      Tensor there = run(graph, parameters, inputs.stream().map(t -> t.to(other)).toList());
      assertThat(there.device()).isEqualTo(other);
      assertThat(there.to(Device.CPU).sameAs(here)).isTrue();
    }
  }

  @Test
  void everyLayerTypeIsComputedAndHasACase() {
    assertThat(Forward.supported()).isEqualTo(Set.copyOf(LayerTypes.all().values()));
    Set<Class<? extends Layer>> tested = new HashSet<>(Set.of(Embedding.class));
    cases().forEach(c -> tested.add(c.layer().getClass()));
    assertThat(tested).isEqualTo(Forward.supported());
  }

  @Test
  void embeddingPicksRowsAndLearnsThem() {
    GraphBuilder b = Graph.builder();
    b.input("ids", TensorType.longs(2));
    Graph graph = b.output(b.add("layer", new Embedding(4, 3))).build();
    try (Scope scope = Scope.open()) {
      Tensor table = noise(new Seed(1), 4, 3).asLeaf();
      Tensor ids = Tensors.of(new long[] {3, 0, 1, 3}, 2, 2);
      Tensor out = run(graph, Map.of("layer.weight", table), List.of(ids));
      double[] rows = table.toDoubles();
      assertThat(out.shape()).containsExactly(2, 2, 3);
      assertThat(Arrays.copyOf(out.toDoubles(), 3)).isEqualTo(Arrays.copyOfRange(rows, 9, 12));
      double[] gradient = Autograd.grad(out.sum(), table).toDoubles();
      assertThat(gradient).containsExactly(1, 1, 1, 1, 1, 1, 0, 0, 0, 2, 2, 2);
    }
  }

  @Test
  void attentionDoesNotLookAtMaskedPositions() {
    GraphBuilder b = Graph.builder();
    b.input("x", TensorType.floats(3, 4));
    b.input("mask", new TensorType(DType.BOOL, Shape.of(3)));
    Graph graph = b.output(b.add("layer", new SelfAttention(2), "x", "mask")).build();
    try (Scope scope = Scope.open();
        Network network = Network.initialise(graph, Initialisation.PYTORCH, new Seed(1))) {
      Tensor x = noise(new Seed(2), 1, 3, 4).to(DType.FLOAT32);
      Tensor changed = x.clone();
      changed.select(1, 2).fillInPlace(9);
      Tensor mask = Tensors.of(new boolean[] {true, true, false}, 1, 3);
      Tensor all = Tensors.of(new boolean[] {true, true, true}, 1, 3);
      Tensor first = run(graph, network.weights(), List.of(x, mask)).slice(1, 0, 2);
      Tensor second = run(graph, network.weights(), List.of(changed, mask)).slice(1, 0, 2);
      Tensor third = run(graph, network.weights(), List.of(changed, all)).slice(1, 0, 2);
      assertThat(second.sameAs(first)).isTrue();
      assertThat(third.sub(first).abs().max().item()).isGreaterThan(1e-3);
    }
  }

  private static List<Tensor> leaves(List<Tensor> values) {
    return values.stream().map(Tensor::asLeaf).toList();
  }

  private static Tensor find(Map<String, Tensor> parameters, String name) {
    Tensor found = parameters.get(name);
    assertThat(found).as(name).isNotNull();
    return java.util.Objects.requireNonNull(found);
  }

  private static Tensor run(Graph graph, Map<String, Tensor> parameters, List<Tensor> inputs) {
    return Forward.run(graph, parameters, inputs, Mode.EVALUATION).value("layer");
  }

  private static Tensor noise(Seed seed, long... shape) {
    RandomGenerator random = seed.generator();
    double[] values = new double[Math.toIntExact(Shape.of(shape).count())];
    Arrays.setAll(values, i -> random.nextDouble(-1, 1));
    return Tensors.of(values, shape);
  }
}
