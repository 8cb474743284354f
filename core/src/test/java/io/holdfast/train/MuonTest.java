package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MuonTest {
  private static final double RATE = 0.1;
  private static final double[] FIRST = {0.6, 0.8, 0, 0}; // orthonormal rows
  private static final double[] SECOND = {-0.8, 0.6, 0, 0};
  private static final double[] THIRD = {0, 0.28, -0.96, 0};
  private static final double[] FOURTH = {0.5, 0.5, 0.5, 0.5};
  private static final double[] FIFTH = {0.5, -0.5, 0.5, -0.5};

  /** {@code s0 u0 v0' + s1 u1 v1'}, row by row. */
  private static double[] matrix(double[] s, double[][] u, double[][] v, int rows, int columns) {
    double[] m = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        m[i * columns + j] = s[0] * u[0][i] * v[0][j] + s[1] * u[1][i] * v[1][j];
      }
    }
    return m;
  }

  /** What five times the polynomial makes of singular values: vectors do not change. */
  private static double[] driven(double[] s) {
    double norm = Math.hypot(s[0], s[1]) + 1e-7;
    double[] out = {s[0] / norm, s[1] / norm};
    for (int k = 0; k < 5; k++) {
      for (int i = 0; i < 2; i++) {
        double x = out[i];
        out[i] = 3.4445 * x - 4.7750 * Math.pow(x, 3) + 2.0315 * Math.pow(x, 5);
      }
    }
    return out;
  }

  /**
   * Steps by gradients whose singular vectors stay, so that singular values alone tell the weights.
   */
  private static void followsSingularValues(
      double[][] u, double[][] v, int rows, int columns, long... shape) {
    double[][] slopes = {{3, 0.2}, {1, 0.9}, {-0.5, 2}, {0.1, 0.1}};
    double[] w = {1, -2}; // singular values of the weights
    double[] momentum = {0, 0};
    double scale = Math.sqrt(Math.max(1, (double) rows / columns));
    Optimiser.Config config = Optimiser.Config.muon(RATE);
    try (Scope scope = Scope.open()) {
      Tensor weight = Tensors.of(matrix(w, u, v, rows, columns), shape);
      try (Optimiser optimiser = config.create(List.of(weight), Set.of(0))) {
        for (double[] s : slopes) {
          Tensor g = Tensors.of(matrix(s, u, v, rows, columns), shape);
          optimiser.step(List.of(weight), List.of(g), RATE);
          double[] ahead = new double[2];
          for (int i = 0; i < 2; i++) {
            momentum[i] = 0.95 * momentum[i] + s[i];
            ahead[i] = s[i] + 0.95 * momentum[i];
          }
          double[] along = driven(ahead);
          for (int i = 0; i < 2; i++) {
            w[i] = w[i] * (1 - RATE * 5e-4) - RATE * scale * along[i];
          }
        }
      }
      assertThat(weight.toDoubles()).containsExactly(matrix(w, u, v, rows, columns), within(1e-9));
    }
  }

  @Test
  void wideMatricesMoveByTheirSingularValues() {
    followsSingularValues(
        new double[][] {FIRST, SECOND}, new double[][] {FOURTH, FIFTH}, 2, 4, 2, 4);
  }

  @Test
  void kernelsAreMatricesOfTheirOutputs() {
    followsSingularValues(
        new double[][] {FIRST, SECOND}, new double[][] {FOURTH, FIFTH}, 2, 4, 2, 1, 2, 2);
  }

  @Test
  void tallMatricesMoveFarther() {
    double[] across = {0.8, 0.6 * 0.96, 0.6 * 0.28, 0}; // orthogonal to THIRD
    followsSingularValues(
        new double[][] {THIRD, across}, new double[][] {FIRST, SECOND}, 3, 2, 3, 2);
  }

  /** As published: singular values end between about 0.7 and 1.2, how small they ever were. */
  @Test
  void singularValuesEndNearOne() {
    for (double ratio : new double[] {1, 0.5, 0.1, 0.02}) {
      try (Scope scope = Scope.open()) {
        Tensor w = Tensors.zeros(DType.FLOAT64, 2, 2);
        Tensor g = Tensors.of(new double[] {1, 0, 0, ratio}, 2, 2);
        try (Optimiser optimiser = Optimiser.Config.muon(1).create(List.of(w), Set.of(0))) {
          optimiser.step(List.of(w), List.of(g), 1);
        }
        double[] moved = w.toDoubles();
        assertThat(-moved[0]).isBetween(0.65, 1.25);
        assertThat(-moved[3]).as("ratio %s", ratio).isBetween(0.65, 1.25);
        assertThat(moved[1]).isZero();
        assertThat(moved[2]).isZero();
      }
    }
  }

  @Test
  void noGradientIsNoStep() {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.of(new double[] {1, 2, 3, 4}, 2, 2);
      Tensor zero = Tensors.zerosLike(w);
      try (Optimiser optimiser = Optimiser.Config.muon(RATE).create(List.of(w), Set.of(0))) {
        optimiser.step(List.of(w), List.of(zero), RATE);
      }
      double kept = 1 - RATE * 5e-4;
      assertThat(w.toDoubles())
          .containsExactly(new double[] {kept, 2 * kept, 3 * kept, 4 * kept}, within(1e-12));
    }
  }

  private static Graph graph() {
    GraphBuilder g = Graph.builder();
    g.input("input", TensorType.floats(2, 6, 6));
    g.add("conv", Conv2d.of(4, 3));
    g.add("norm", new BatchNorm());
    g.add("flatten", new Flatten());
    g.add("hidden", Linear.of(5));
    return g.output(g.add("output", Linear.of(3))).build();
  }

  /** What one step changes, by weight. */
  private static Map<String, double[]> change(
      Optimiser.Config config, Function<Network, List<Graph.Parameter>> choice, double rate) {
    try (Scope scope = Scope.open();
        Network network = Network.initialise(graph(), Initialisation.PYTORCH, new Seed(7))) {
      List<Graph.Parameter> trained = choice.apply(network);
      List<Tensor> weights = trained.stream().map(p -> network.weight(p.name())).toList();
      List<Tensor> before = weights.stream().map(Tensor::clone).toList();
      List<Tensor> slopes =
          trained.stream()
              .map(
                  p ->
                      Rng.of(new Seed(3).split(p.name()))
                          .uniform(-1, 1, network.weight(p.name()).shape()))
              .toList();
      try (Optimiser optimiser = config.create(network, trained)) {
        optimiser.step(weights, slopes, rate);
      }
      return IntStream.range(0, trained.size())
          .boxed()
          .collect(
              Collectors.toMap(
                  i -> trained.get(i).name(), i -> weights.get(i).sub(before.get(i)).toDoubles()));
    }
  }

  /** Those of Muon that are no kernels of hidden layers move as SGD without decay moves them. */
  @Test
  void vectorsAndTheOutputLayerGoBySgd() {
    Optimiser.Config base = Optimiser.Config.muon(RATE);
    Optimiser.Config muon =
        new Optimiser.Config("muon", RATE, 0.9, true, 0, 0, 0, base.schedule(), 0.05);
    Optimiser.Config sgd = new Optimiser.Config("sgd", 0.05, 0.9, true, 0, 0, 0, base.schedule());
    Map<String, double[]> found = change(muon, Network::trainable, RATE / 2);
    Map<String, double[]> expected = change(sgd, Network::trainable, 0.05 / 2);
    Set<String> alike =
        found.entrySet().stream()
            .filter(entry -> near(entry.getValue(), expected.get(entry.getKey())))
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    assertThat(alike)
        .containsExactlyInAnyOrder(
            "conv.bias", "norm.weight", "norm.bias", "hidden.bias", "output.weight", "output.bias");
    assertThat(found).containsKeys("conv.weight", "hidden.weight");
  }

  /** Where only a part is trained, the network's output layer is still the one that it is. */
  @Test
  void aHiddenLayerAloneIsNotTakenForTheOutput() {
    Optimiser.Config config = Optimiser.Config.muon(RATE);
    Function<Network, List<Graph.Parameter>> hidden =
        n -> n.trainable().stream().filter(p -> p.name().startsWith("hidden")).toList();
    double[] alone = change(config, hidden, RATE).get("hidden.weight");
    double[] among = change(config, Network::trainable, RATE).get("hidden.weight");
    assertThat(alone).containsExactly(among);
  }

  private static boolean near(double[] a, double @Nullable [] b) {
    return b != null
        && a.length == b.length
        && IntStream.range(0, a.length).allMatch(i -> Math.abs(a[i] - b[i]) < 1e-6);
  }
}
