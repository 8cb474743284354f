package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule.Free;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
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
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.WeightPerturbation.Awp;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Score;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** "Free" adversarial training (Shafahi et al. 2019). */
@ExtendWith(LeakCheck.class)
class FreeTrainingTest {
  private static Run run(int replays, boolean reset) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .with(r -> r.rule = new Free(replays, reset))
        .with(r -> r.fraction = 1);
  }

  @Test
  void onceWithThePerturbationResetItIsStandardTraining() {
    String standard = run(1, true).settings(s -> s.objective(new Standard())).go().weights();
    assertThat(run(1, true).go().weights()).isEqualTo(standard);
    assertThat(run(1, false).go().weights()).isNotEqualTo(standard);
    assertThat(run(2, true).go().weights()).isNotEqualTo(standard);
  }

  /** As in a stage of clean training, which inherits the search of the stages behind it. */
  @Test
  void withoutASearchEachBatchIsTakenOnce() {
    Outcome plain = new Run().settings(s -> s.objective(new Standard())).go();
    Outcome free =
        new Run()
            .with(r -> r.rule = new Free(3, false))
            .settings(s -> s.objective(new Standard()))
            .go();
    assertThat(free).isEqualTo(plain);
  }

  /** Algorithm 1 by the tape in double, on whole batches: two batches, each three times. */
  @Test
  void weightsAndPerturbationFollowTheAlgorithm() {
    Run run =
        run(3, false)
            .with(r -> r.graph = Run.PLAIN)
            .settings(
                s ->
                    s.epochs(6)
                        .batch(96)
                        .shard(96)
                        .optimiser(
                            new Optimiser.Config(
                                "sgd", 0.3, 0, false, 0.9, 0.999, 0, Schedule.constant())));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Map<String, Tensor> expected = slow(start, 6, 3, 0.3, 0.1);
      expected.forEach(
          (name, w) ->
              assertThat(trained.weight(name).to(DType.FLOAT64).sub(w).abs().max().item())
                  .as(name)
                  .isLessThan(1e-5));
    }
  }

  private static Map<String, Tensor> slow(
      Network start, int steps, int replays, double rate, double epsilon) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    start.weights().forEach((n, t) -> weights.put(n, t.to(DType.FLOAT64)));
    Shards shards = new Shards(96, 96, 96, new Seed(7));
    Tensor delta = Tensors.zeros(DType.FLOAT64, 96, 1, 28, 28);
    for (int step = 0; step < steps; step++) {
      int[] rows = shards.at(step / replays).get(0);
      Tensor x = Tensors.of(Run.TRAIN.read(rows), 96, 1, 28, 28).to(DType.FLOAT64);
      Tensor y = Tensors.of(IntStream.of(rows).mapToLong(Run.TRAIN::label).toArray(), 96);
      Tensor leaf = x.add(delta).clamp(0, 1).asLeaf();
      Map<String, Tensor> leaves = new LinkedHashMap<>();
      weights.forEach((n, t) -> leaves.put(n, t.asLeaf()));
      leaves.put("x", leaf);
      Mode mode = Mode.training(new Seed(1), BatchNormPolicy.GHOST);
      Tensor logits =
          Forward.run(start.graph(), leaves, List.of(leaf), mode).value("out"); // [N, K]
      List<Tensor> gradients =
          Autograd.grad(Nn.crossEntropy(logits, y).mean(), List.copyOf(leaves.values()), false);
      int i = 0;
      for (String name : List.copyOf(weights.keySet())) {
        Tensor before = Objects.requireNonNull(leaves.get(name));
        weights.put(name, before.detach().sub(gradients.get(i++).mul(rate)));
      }
      Tensor moved = leaf.detach().add(gradients.get(i).sign(), epsilon);
      delta = moved.sub(x).clamp(-epsilon, epsilon).add(x).clamp(0, 1).sub(x);
    }
    return weights;
  }

  /**
   * Losses that compare with the clean prediction have no slope at the clean input: a search that
   * began there would never leave it, and what is trained would be the clean loss alone.
   */
  @Test
  void lossesWithoutASlopeAtTheCleanInputBeginBesideIt() {
    assertThat(apart(run(2, false), Trades.beta(6), Trades.beta(0))).isGreaterThan(1e-5);
    assertThat(apart(run(2, false), new Score(4, 0), new Score(0, 0))).isGreaterThan(1e-5);
    Run fgsm = new Run().with(r -> r.start = Start.CLEAN).with(r -> r.steps = 1);
    assertThat(apart(fgsm, new Score(4, 0), new Score(0, 0))).isGreaterThan(1e-5);
  }

  /** The largest difference between weights trained with one objective and with another. */
  private static double apart(Run run, Objective one, Objective other) {
    run.graph = Run.PLAIN;
    try (Scope scope = Scope.open();
        Network first = run.network();
        Network second = run.network()) {
      run.settings(s -> s.objective(one)).go(first);
      run.settings(s -> s.objective(other)).go(second);
      return first.weights().keySet().stream()
          .mapToDouble(w -> first.weight(w).sub(second.weight(w)).abs().max().item())
          .max()
          .orElseThrow();
    }
  }

  private static Run rich() {
    return run(2, false)
        .settings(
            s ->
                s.epochs(4)
                    .cleanShare(Curve.constant(0.2))
                    .methods(Methods.NONE.with(new Awp(0.01, 0))));
  }

  @Test
  void workersAndInterruptionsChangeNothing(@TempDir Path folder) {
    Outcome whole = rich().in(folder.resolve("whole")).with(r -> r.workers = 1).go();
    assertThat(rich().with(r -> r.workers = 3).go()).isEqualTo(whole);
    for (int stop : new int[] {1, 2, 7}) {
      Path place = folder.resolve("stop" + stop);
      Run first = rich().in(place).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(rich().in(place).resuming().go()).as("stopped after " + stop).isEqualTo(whole);
    }
  }

  @Test
  void everyBatchIsSeenSeveralTimesInARow(@TempDir Path folder) {
    Run run = run(3, false).in(folder).settings(s -> s.epochs(3));
    java.util.Set<Long> read = java.util.concurrent.ConcurrentHashMap.newKeySet();
    run.train = new SpiedDataset(Run.TRAIN, read);
    // Nine steps on three batches: each of the 96 samples, as in one epoch of plain training.
    assertThat(run.go().result().steps()).isEqualTo(9);
    assertThat(read).hasSize(96);
  }

  @Test
  void whatItCannotDoIsRefused() {
    ThreatModel union = ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1));
    assertThatThrownBy(run(2, false).with(r -> r.threat = union)::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.attack");
    Objective twice =
        new Objective() {
          @Override
          public String name() {
            return "twice";
          }

          @Override
          public ShardLoss loss(ShardContext shard) {
            new PgdAt().loss(shard);
            return new PgdAt().loss(shard);
          }
        };
    assertThatThrownBy(run(2, false).settings(s -> s.objective(twice))::go)
        .hasMessageContaining("one adversarial example per sample");
  }
}
