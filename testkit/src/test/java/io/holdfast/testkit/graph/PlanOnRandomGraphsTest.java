package io.holdfast.testkit.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.model.plan.Plan;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.TensorOwner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Compiled plans against the tape on graphs of all sorts. */
class PlanOnRandomGraphsTest {
  private static final Seed SEED = new Seed(2024);
  private static final int GRAPHS = 200;

  @Test
  void equalsTheTapeInFloat32() {
    long open = TensorOwner.openCount();
    List<String> apart = new ArrayList<>();
    for (int i = 0; i < GRAPHS; i++) {
      Seed seed = SEED.split(i);
      Graph graph = RandomGraphs.next(seed);
      Errors errors = errors(graph, seed);
      if (!(errors.planToTape() <= 1e-5)) {
        apart.add(errors + " at graph " + i + "\n" + graph);
        // Norms over a single element lose digits on the tape as well.
        assertThat(errors.planToTape()).as("graph %s", graph).isLessThan(4 * errors.tapeToExact());
      }
    }
    assertThat(apart).hasSizeLessThan(3);
    assertThat(TensorOwner.openCount()).isEqualTo(open);
  }

  /**
   * The largest differences of logits and gradients as parts of the largest values.
   *
   * @param tapeToExact from the tape in float32 to that in float64
   */
  private record Errors(double planToTape, double tapeToExact) {}

  private static Errors errors(Graph graph, Seed seed) {
    try (Scope scope = Scope.open();
        Network network = RandomGraphs.network(graph, seed);
        InputGradients plan = Plan.compile(network, Precision.FLOAT32).orElseThrow()) {
      long[] shape = RandomGraphs.input(graph).shape().batched(2);
      Tensor x = Rng.of(seed.split("x")).uniform(0, 1, shape);
      InputGradients.Pass ours = plan.pass(x, z -> cotangent(z, seed));
      InputGradients.Pass tape =
          new TapeGradients(network.classifier(), Precision.FLOAT32)
              .pass(x, z -> cotangent(z, seed));
      return new Errors(distance(ours, tape), distance(tape, exact(network, x, seed)));
    }
  }

  private static InputGradients.Pass exact(Network network, Tensor x, Seed seed) {
    Map<String, Tensor> weights = new HashMap<>();
    network.weights().forEach((name, w) -> weights.put(name, w.to(DType.FLOAT64)));
    Tensor leaf = x.to(DType.FLOAT64).asLeaf();
    Tensor logits =
        Forward.run(network.graph(), weights, List.of(leaf), Mode.EVALUATION)
            .value(network.graph().outputs().get(0));
    Tensor slope = cotangent(logits, seed).to(DType.FLOAT64);
    return new InputGradients.Pass(logits.detach(), Autograd.vjp(logits, leaf, slope));
  }

  private static double distance(InputGradients.Pass a, InputGradients.Pass b) {
    return Math.max(distance(a.logits(), b.logits()), distance(a.gradient(), b.gradient()));
  }

  private static Tensor cotangent(Tensor logits, Seed seed) {
    return Rng.of(seed.split("g")).uniform(-1, 1, logits.shape());
  }

  private static double distance(Tensor a, Tensor b) {
    double scale = b.abs().max().item();
    double difference = a.sub(b).abs().max().item();
    return difference == 0 ? 0 : difference / scale;
  }
}
