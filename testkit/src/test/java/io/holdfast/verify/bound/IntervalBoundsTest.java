package io.holdfast.verify.bound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
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
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Interval bounds against points inside the box, on random graphs. */
@ExtendWith(LeakCheck.class)
class IntervalBoundsTest {
  private static final List<Graph> GRAPHS = RandomGraphs.many(new Seed(11), 150);
  private static final int N = 3;
  private static final int IN = 3;
  private static final int HIDDEN = 7;
  private static final int CLASSES = 4;
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
        Tensor linear = bounds.linearMargins(box, labels); // [N, K]
        for (Tensor point : points(box)) {
          Tensor z = network.apply(point); // [N, K]
          double tolerance = ROUNDING * (1 + z.abs().max().item());
          assertThat(z.sub(out.lower()).min().item()).as("%s", graph).isGreaterThan(-tolerance);
          assertThat(out.upper().sub(z).min().item()).as("%s", graph).isGreaterThan(-tolerance);
          Tensor above = z.sub(z.gather(1, labels.unsqueeze(1))); // [N, K]
          assertThat(margins.sub(above).min().item()).as("%s", graph).isGreaterThan(-tolerance);
          assertThat(linear.sub(above).min().item()).as("%s", graph).isGreaterThan(-tolerance);
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

  /** One hidden layer of ReLU, by hand in double: relax each unit, then take the worst corner. */
  @Test
  void linearMarginsEqualTheSlowTwin() {
    GraphBuilder g = Graph.builder("relu");
    g.input("input", TensorType.floats(IN));
    g.add("a", Linear.of(HIDDEN));
    g.add("relu", new Relu());
    Graph graph = g.output(g.add("b", Linear.of(CLASSES))).build();
    for (long seed = 0; seed < 20; seed++) {
      try (Scope scope = Scope.open()) {
        Rng rng = Rng.of(new Seed(seed));
        Map<String, Tensor> weights = new LinkedHashMap<>();
        weights.put("a.weight", rng.normal(HIDDEN, IN).to(DType.FLOAT64));
        weights.put("a.bias", rng.normal(HIDDEN).to(DType.FLOAT64));
        weights.put("b.weight", rng.normal(CLASSES, HIDDEN).to(DType.FLOAT64));
        weights.put("b.bias", rng.normal(CLASSES).to(DType.FLOAT64));
        Tensor x = rng.uniform(0, 1, 1, IN).to(DType.FLOAT64);
        double[] found =
            new IntervalBounds(graph, weights, Map.of())
                .linearMargins(Bounds.ball(x, 0.2, -1, 2), Tensors.of(new long[] {1}, 1))
                .toDoubles();
        double[] a = weights.get("a.weight").toDoubles();
        double[] c = weights.get("a.bias").toDoubles();
        double[] b = weights.get("b.weight").toDoubles();
        double[] d = weights.get("b.bias").toDoubles();
        for (int k = 0; k < CLASSES; k++) {
          assertThat(found[k]).isCloseTo(slow(a, c, b, d, x.toDoubles(), k), within(1e-9));
        }
      }
    }
  }

  private static double slow(double[] a, double[] c, double[] b, double[] d, double[] x, int k) {
    double constant = d[k] - d[1];
    double[] atInput = new double[IN];
    for (int h = 0; h < HIDDEN; h++) {
      double middle = c[h];
      double radius = 0;
      for (int i = 0; i < IN; i++) {
        middle += a[h * IN + i] * x[i];
        radius += Math.abs(a[h * IN + i]) * 0.2;
      }
      double low = middle - radius;
      double high = middle + radius;
      double slope = b[k * HIDDEN + h] - b[HIDDEN + h];
      double factor;
      if (low >= 0 || high <= 0) {
        factor = low >= 0 ? slope : 0;
      } else if (slope >= 0) {
        factor = slope * high / (high - low);
        constant -= factor * low;
      } else {
        factor = high > -low ? slope : 0;
      }
      constant += factor * c[h];
      for (int i = 0; i < IN; i++) {
        atInput[i] += factor * a[h * IN + i];
      }
    }
    for (int i = 0; i < IN; i++) {
      constant += atInput[i] * x[i] + Math.abs(atInput[i]) * 0.2;
    }
    return constant;
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
      Tensor slope =
          Autograd.grad(margins.sum(), Objects.requireNonNull(leaves.get(last + ".weight")));
      assertThat(slope.abs().max().item()).isPositive();
      Tensor linear =
          new IntervalBounds(graph, leaves, Map.of())
              .linearMargins(
                  Bounds.ball(inputs(graph), 0.05, 0, 1), Tensors.of(new long[] {0, 1, 0}, N));
      Tensor other =
          Autograd.grad(linear.sum(), Objects.requireNonNull(leaves.get(last + ".weight")));
      assertThat(other.abs().max().item()).isPositive();
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
