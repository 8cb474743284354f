package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.MetricsLog;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the term that aligns input gradients adds to a step, sign and weight included. */
@ExtendWith(LeakCheck.class)
class GradAlignInTheLoopTest {
  private static final int N = 16;
  private static final double RATE = 0.5;
  private static final double WEIGHT = 3;
  private static final ThreatModel WIDE = ThreatModel.linf(0.5).within(0, 1);

  /** One step of plain gradient descent, in two shards. */
  private static Run run(double weight) {
    return new Run()
        .with(r -> r.train = Run.TRAIN.first(N))
        .with(r -> r.validation = null)
        .with(r -> r.threat = WIDE)
        .settings(
            s ->
                s.epochs(1)
                    .batch(N)
                    .methods(Methods.NONE.withGradAlign(weight))
                    .optimiser(WeightMethodsTest.plainDescent(RATE)));
  }

  /** One minus the mean cosine of a batch, on the tape of weights in double. */
  private static Tensor misalignment(Run run, Map<String, Tensor> weights) {
    int[] all = IntStream.range(0, N).toArray();
    Tensor x = Tensors.of(run.train.read(all), N, 1, 28, 28);
    List<Seed> seeds =
        IntStream.of(all)
            .mapToObj(i -> new Seed(run.seed).split("inner").split(0).split(run.train.id(i)))
            .map(s -> s.split("grad-align"))
            .toList();
    Region region = WIDE.around(x);
    Tensor noisy = region.apply(region.randomStart(seeds)); // [N, 1, 28, 28]
    Tensor y = Tensors.of(IntStream.of(all).mapToLong(run.train::label).toArray(), N);
    Tensor a = slopes(run, weights, x, y); // [N, 784]
    Tensor b = slopes(run, weights, noisy, y); // [N, 784]
    Tensor lengths = a.square().sum(1).mul(b.square().sum(1)).sqrt(); // [N]
    return a.mul(b).sum(1).div(lengths).mean().neg().add(1);
  }

  private static Tensor slopes(Run run, Map<String, Tensor> weights, Tensor x, Tensor y) {
    Tensor leaf = x.to(DType.FLOAT64).asLeaf();
    Mode mode = Mode.training(new Seed(1), BatchNormPolicy.GHOST);
    Tensor logits = Forward.run(run.graph, weights, List.of(leaf), mode).value("out"); // [N, K]
    Tensor loss = Nn.crossEntropy(logits, y).sum();
    return Autograd.grad(loss, List.of(leaf), true).get(0).flatten(1, -1); // [N, 784]
  }

  private static Map<String, Tensor> leaves(Network network) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    network.weights().forEach((n, t) -> leaves.put(n, t.to(DType.FLOAT64).asLeaf()));
    return leaves;
  }

  @Test
  void aStepGoesDownTheMisalignmentByRateTimesWeight() {
    Run with = run(WEIGHT);
    try (Scope scope = Scope.open();
        Network plain = with.network();
        Network aligned = with.network();
        Network start = with.network()) {
      Map<String, Tensor> leaves = leaves(start);
      Tensor term = misalignment(with, leaves);
      List<Tensor> slopes = Autograd.grad(term, List.copyOf(leaves.values()), false);
      run(0).go(plain);
      with.go(aligned);
      double most = 0;
      int i = 0;
      for (String name : leaves.keySet()) {
        Tensor expected = slopes.get(i++).mul(-RATE * WEIGHT);
        Tensor found = aligned.weight(name).to(DType.FLOAT64).sub(plain.weight(name));
        assertThat(found.sub(expected).abs().max().item()).as(name).isLessThan(1e-5);
        most = Math.max(most, expected.abs().max().item());
      }
      assertThat(most).as("what a wrong step would miss").isGreaterThan(1e-2);
    }
  }

  @Test
  void theLossOnRecordIsLargerByWeightTimesTheMisalignment(@TempDir Path folder) {
    Run with = run(WEIGHT).in(folder.resolve("with"));
    run(0).in(folder.resolve("without")).go();
    with.go();
    try (Scope scope = Scope.open();
        Network start = with.network()) {
      double term = misalignment(with, leaves(start)).item();
      assertThat(term).isBetween(1e-2, 2.0);
      assertThat(loss(folder.resolve("with")) - loss(folder.resolve("without")))
          .isCloseTo(WEIGHT * term, within(1e-4));
    }
  }

  private static double loss(Path folder) {
    return MetricsLog.read(folder.resolve(RunLog.FILE)).get(0).path("loss").asDouble();
  }
}
