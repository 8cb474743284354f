package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.MetricsLog;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Which statistics batch norms use in a step. */
@ExtendWith(LeakCheck.class)
class BatchNormInTrainingTest {
  private static final int ALL = Run.TRAIN.size();
  private static final double RATE = 0.3;
  private static final Graph TWO_NORMS = graph();

  private static Graph graph() {
    GraphBuilder g = Graph.builder("normed");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("pool", AvgPool2d.of(4));
    g.add("conv", Conv2d.of(4, 3).padding(1));
    g.add("norm", new BatchNorm());
    g.add("relu", new Relu());
    g.add("conv2", Conv2d.of(4, 3).padding(1));
    g.add("norm2", new BatchNorm());
    g.add("relu2", new Relu());
    g.add("flatten", new Flatten());
    return g.output(g.add("out", Linear.of(10))).build();
  }

  /** One step over all samples at once. */
  private static Run step(Objective objective) {
    return new Run()
        .with(r -> r.graph = TWO_NORMS)
        .settings(
            s ->
                s.objective(objective)
                    .epochs(1)
                    .batch(ALL)
                    .shard(ALL)
                    .optimiser(WeightMethodsTest.plainDescent(RATE)));
  }

  /** After a step in double whose norms are told apart by the mode. */
  private static Map<String, Tensor> expected(Network start, Mode mode) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    start.weights().forEach((n, t) -> leaves.put(n, t.to(DType.FLOAT64)));
    start.trainable().forEach(p -> leaves.computeIfPresent(p.name(), (n, t) -> t.asLeaf()));
    int[] rows = IntStream.range(0, ALL).toArray();
    Tensor x = Tensors.of(Run.TRAIN.read(rows), ALL, 1, 28, 28).to(DType.FLOAT64);
    Tensor y = Tensors.of(IntStream.of(rows).mapToLong(Run.TRAIN::label).toArray(), ALL);
    Tensor logits = Forward.run(start.graph(), leaves, List.of(x), mode).value("out"); // [N, K]
    Map<String, Tensor> after = new LinkedHashMap<>();
    for (Graph.Parameter p : start.trainable()) {
      Tensor leaf = leaves.getOrDefault(p.name(), x);
      Tensor slope = Autograd.grad(Nn.crossEntropy(logits, y).mean(), List.of(leaf), true).get(0);
      after.put(p.name(), leaf.detach().sub(slope.detach().mul(RATE)));
    }
    return after;
  }

  /** As in evaluation, so that what is trained is what is attacked, validated and used. */
  @Test
  void aFrozenNormUsesItsRunningStatistics() {
    List<String> frozen = List.of("conv", "norm");
    Run run = step(new Standard()).with(r -> r.frozen = frozen);
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Mode mode = new Mode.Training(new Seed(1), BatchNormPolicy.GHOST, start.frozen());
      Map<String, Tensor> expected = expected(start, mode);
      assertThat(expected.keySet()).contains("norm2.weight").doesNotContain("norm.weight");
      expected.forEach((name, w) -> assertThat(distance(trained, name, w)).isLessThan(1e-5));
      Map<String, Tensor> other =
          expected(start, Mode.training(new Seed(1), BatchNormPolicy.GHOST));
      assertThat(
              distance(trained, "out.weight", other.getOrDefault("out.weight", Tensors.zeros(1))))
          .as("by the batch's")
          .isGreaterThan(1e-4);
    }
  }

  private static double distance(Network trained, String name, Tensor expected) {
    return trained.weight(name).to(DType.FLOAT64).sub(expected).abs().max().item();
  }

  /** Within a ball without a radius the bound of a loss is that loss, at the batch's statistics. */
  @Test
  void theBoundOfAPointIsItsLossByTheStatisticsOfItsPass(@TempDir Path folder) {
    Ramp whole = new Ramp(0, 0);
    double plain = loss(step(new Standard()).in(folder.resolve("plain")));
    for (Objective bound :
        List.of(
            new Ibp(0, whole),
            new CrownIbp(0, 1, whole),
            new Sabr(1, whole),
            new MtlIbp(1, whole))) {
      Run run = step(bound).with(r -> r.threat = ThreatModel.linf(0).within(0, 1));
      assertThat(loss(run.in(folder.resolve(bound.name()))))
          .as(bound.name())
          .isCloseTo(plain, within(1e-4));
    }
    double running = -Math.log(0.1);
    assertThat(plain)
        .as("not that of a network that tells nothing")
        .isNotCloseTo(running, within(1e-3));
  }

  /** Of the first step. */
  private static double loss(Run run) {
    Path folder = Objects.requireNonNull(run.folder);
    run.go();
    return MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
        .filter(line -> line.path("event").asText().equals("step"))
        .findFirst()
        .orElseThrow()
        .path("loss")
        .asDouble();
  }

  /** Bounds use the statistics of the clean pass, also where another term has made one since. */
  @Test
  void theOrderOfTermsDoesNotMatterToBounds() {
    Hybrid.Term trades = new Hybrid.Term(1, Trades.beta(6));
    Hybrid.Term bounds = new Hybrid.Term(1, new Ibp(0, new Ramp(0, 0)));
    Run one = step(new Hybrid(List.of(trades, bounds)));
    Run other = step(new Hybrid(List.of(bounds, trades)));
    try (Scope scope = Scope.open();
        Network first = one.network();
        Network second = other.network();
        Network start = one.network()) {
      one.go(first);
      other.go(second);
      for (Graph.Parameter p : start.trainable()) {
        Tensor moved = first.weight(p.name()).sub(start.weight(p.name()));
        Tensor apart = first.weight(p.name()).sub(second.weight(p.name()));
        double size = moved.abs().max().item();
        assertThat(apart.abs().max().item()).as(p.name()).isCloseTo(0, within(1e-4 * size + 1e-6));
      }
    }
  }
}
