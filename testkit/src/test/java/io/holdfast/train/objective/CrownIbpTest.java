package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.IN;
import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.one;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.verify.bound.Bounds;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CROWN-IBP on two hidden layers of ReLU, where linear bounds are not those of intervals. */
@ExtendWith(LeakCheck.class)
class CrownIbpTest {
  private static final Ramp RAMP = new Ramp(0.1, 0.2);
  private static final double KAPPA = 0.4;
  private static final double RADIUS = 0.2;

  /**
   * While the ball grows, the clean cross-entropy gives way to its bound, and the linear bound of
   * the margins to that of intervals.
   *
   * @param end share of the linear bound at the end
   * @param strength of the ball by now
   * @param share of the linear bound by now
   */
  @ParameterizedTest
  @CsvSource({
    "0, 0.21875, 0.5, 0.5",
    "0.6, 0.21875, 0.5, 0.8",
    "0, 0.178125, 0.25, 0.75",
    "0.6, 0.9, 1, 0.6",
    "0, 0.9, 1, 0"
  })
  void lossAndGradientEqualTheSlowTwin(double end, double progress, double strength, double share) {
    CrownIbp objective = new CrownIbp(KAPPA, end, RAMP);
    double apart = 0;
    for (long seed = 0; seed < 5; seed++) {
      TwinCase c = TwinCase.random(seed);
      DeepTwin twin = DeepTwin.random(seed);
      try (Scope scope = Scope.open()) {
        List<Tensor> weights = twin.tensors().stream().map(Tensor::asLeaf).toList();
        Tensor losses = objective.loss(new Deep(base(c, progress), weights)).perSample();
        double[] each = losses.toDoubles();
        for (int i = 0; i < N; i++) {
          assertThat(each[i]).isCloseTo(loss(twin, c, i, strength, share), within(1e-9));
          apart += twin.apart(one(c.clean(), i), strength * RADIUS, c.label(i));
        }
        double[] found =
            Autograd.grad(losses.sum(), weights, false).stream()
                .flatMapToDouble(g -> DoubleStream.of(g.toDoubles()))
                .toArray();
        double[] expected =
            TwinAscent.slope(
                w ->
                    IntStream.range(0, N)
                        .mapToDouble(i -> loss(new DeepTwin(w), c, i, strength, share))
                        .sum(),
                twin.weights());
        assertThat(found).containsExactly(expected, within(1e-5));
      }
    }
    assertThat(apart).as("how far the two bounds are apart").isGreaterThan(1);
  }

  private static double loss(DeepTwin twin, TwinCase c, int i, double strength, double share) {
    double[] x = one(c.clean(), i);
    double[] intervals = twin.intervalMargins(x, strength * RADIUS, c.label(i));
    double[] lines = twin.linearMargins(x, strength * RADIUS, c.label(i));
    double sum = 0;
    for (int k = 0; k < K; k++) {
      sum += Math.exp((1 - share) * intervals[k] + share * lines[k]);
    }
    double bounded = (1 - KAPPA) * strength;
    return (1 - bounded) * c.crossEntropy(twin.logits(x), i) + bounded * Math.log(sum);
  }

  private static TwinShard base(TwinCase c, double progress) {
    Tensor a = Tensors.of(c.a(), IN, TwinCase.HIDDEN);
    Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K);
    return new TwinShard(c, a, b, progress, TwinShard.THREAT, false);
  }

  /** The network of a twin on the tape of its weights. */
  private static final class Deep extends ForwardingShard {
    private final List<Tensor> weights;

    Deep(ShardContext shard, List<Tensor> weights) {
      super(shard);
      this.weights = weights;
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor first = Nn.relu(Nn.linear(x, weights.get(0), weights.get(1))); // [n, FIRST]
      Tensor second = Nn.relu(Nn.linear(first, weights.get(2), weights.get(3))); // [n, SECOND]
      return Nn.linear(second, weights.get(4), weights.get(5)); // [n, K]
    }

    @Override
    public Tensor margins(Bounds box, Tensor pass) {
      return bounds().margins(box, labels());
    }

    @Override
    public Tensor linearMargins(Bounds box, Tensor pass) {
      return bounds().linearMargins(box, labels());
    }

    private IntervalBounds bounds() {
      GraphBuilder g = Graph.builder("deep");
      g.input("input", TensorType.floats(IN));
      g.add("a", Linear.of(DeepTwin.FIRST));
      g.add("first", new Relu());
      g.add("b", Linear.of(DeepTwin.SECOND));
      g.add("second", new Relu());
      Graph graph = g.output(g.add("c", Linear.of(K))).build();
      List<String> names =
          List.of("a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias");
      return new IntervalBounds(graph, named(names), Map.of());
    }

    private Map<String, Tensor> named(List<String> names) {
      Map<String, Tensor> all = new HashMap<>();
      for (int i = 0; i < names.size(); i++) {
        all.put(names.get(i), weights.get(i));
      }
      return all;
    }
  }
}
