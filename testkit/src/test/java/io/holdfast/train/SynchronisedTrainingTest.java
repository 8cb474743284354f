package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Settings;
import io.holdfast.common.Stopper;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Processor;
import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Gairat;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.consistency.FeaturePairing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batch norm over the whole batch, whose shards meet at each layer. */
@ExtendWith(LeakCheck.class)
class SynchronisedTrainingTest {
  private static final List<Objective> OBJECTIVES =
      List.of(new Standard(), new PgdAt(), Trades.beta(6));

  /** A residual block with three batch norms, the last one of vectors; no dropout. */
  private static final Graph GRAPH = graph();

  private static Graph graph() {
    GraphBuilder g = Graph.builder("normed");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("pool", AvgPool2d.of(4));
    g.add("conv1", Conv2d.of(6, 3).padding(1));
    g.add("norm1", new BatchNorm());
    String skip = g.add("relu1", new Relu());
    g.add("conv2", Conv2d.of(6, 3).padding(1));
    String branch = g.add("norm2", new BatchNorm());
    g.add("sum", new Add(), skip, branch);
    g.add("flatten", new Flatten());
    g.add("hidden", Linear.of(12));
    g.add("norm3", new BatchNorm());
    g.add("relu3", new Relu());
    return g.output(g.add("out", Linear.of(10))).build();
  }

  private static Run run(Objective objective, int shard, boolean synchronised) {
    return new Run()
        .with(r -> r.graph = GRAPH)
        .settings(
            s ->
                s.objective(objective)
                    .epochs(1)
                    .batch(32)
                    .shard(shard)
                    .synchronised(synchronised)
                    .optimiser(
                        new Optimiser.Config(
                            "sgd", 0.1, 0.9, true, 0.9, 0.999, 0.001, Schedule.constant())));
  }

  /** The largest difference of any weight or running statistic. */
  private static double difference(Run a, Run b) {
    try (Scope scope = Scope.open();
        Network left = a.network();
        Network right = b.network()) {
      a.go(left);
      b.go(right);
      return left.weights().keySet().stream()
          .mapToDouble(n -> left.weight(n).sub(right.weight(n)).abs().max().item())
          .max()
          .orElseThrow();
    }
  }

  @Test
  void shardsThatMeetTrainAsOneShardDoes() {
    Run whole = run(new Standard(), 32, false);
    assertThat(difference(run(new Standard(), 9, true), whole)).isLessThan(1e-4);
    assertThat(difference(run(new Standard(), 9, false), whole)).isGreaterThan(1e-2);
    for (Objective objective : OBJECTIVES) {
      // One step: in later ones the signs of the attack's steps tell the smallest difference.
      Run one = run(objective, 96, false).settings(s -> s.batch(96));
      Run together = run(objective, 25, true).settings(s -> s.batch(96));
      Run apart = run(objective, 25, false).settings(s -> s.batch(96));
      assertThat(difference(together, one)).isLessThan(2e-6);
      assertThat(difference(apart, one)).isGreaterThan(1e-3);
    }
  }

  /** Weights of samples, and the choice of channels, are of the batch, however it is cut. */
  @Test
  void shardsThatWeighTogetherTrainAsOneShardDoes() {
    List<Objective> together =
        List.of(
            new Mail(Mail.Base.PGD_AT, 20, 0, 6, 0),
            new Mail(Mail.Base.TRADES, 20, 0, 6, 0),
            new Mail(Mail.Base.MART, 20, 0, 6, 0),
            new Gairat(-1, 0),
            new FeaturePairing(5, 0.5, Optional.of("conv")));
    for (Objective objective : together) {
      Run one = weighing(objective, 96);
      assertThat(difference(weighing(objective, 25), one)).as(objective.name()).isLessThan(1e-5);
      Run two = weighing(objective, 25).with(r -> r.workers = 3);
      assertThat(two.go().weights()).isEqualTo(weighing(objective, 25).go().weights());
    }
  }

  private static Run weighing(Objective objective, int shard) {
    return run(objective, shard, false).with(r -> r.graph = Run.PLAIN).settings(s -> s.batch(96));
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void anyNumberOfWorkersGivesTheSameBits(Precision precision) {
    assumeTrue(precision == Precision.FLOAT32 || Processor.hasBfloat16());
    for (Objective objective : OBJECTIVES) {
      Run run = run(objective, 9, true).settings(s -> s.precision(precision).averaging(0.9));
      String one = run.with(r -> r.workers = 1).go().weights();
      assertThat(run.with(r -> r.workers = 2).go().weights()).isEqualTo(one);
      assertThat(run.with(r -> r.workers = 3).go().weights()).isEqualTo(one);
    }
  }

  @Test
  void frozenLayersAndTheWeightsBehindThemStay() {
    Run run = run(new PgdAt(), 8, true).with(r -> r.frozen = List.of("conv1", "norm1", "norm2"));
    try (Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      start
          .weights()
          .forEach(
              (name, w) ->
                  assertThat(trained.weight(name).sameAs(w))
                      .as(name)
                      .isEqualTo(name.matches("(conv1|norm1|norm2).*")));
    }
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits(@TempDir Path folder) {
    String whole = run(new PgdAt(), 9, true).go().weights();
    Stopper stopper = Stopper.manual();
    Run first = run(new PgdAt(), 9, true).in(folder);
    first.stopper = stopper;
    first.progress = Run.afterEachStep(done -> stopper.request());
    assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
    Run second = run(new PgdAt(), 9, true).in(folder).resuming().with(r -> r.workers = 3);
    assertThat(second.go().weights()).isEqualTo(whole);
  }

  @Test
  void divergenceIsNamedAndNobodyWaits() {
    Run run = run(new Standard(), 8, true);
    run.settings(s -> s.epochs(2).optimiser(Optimiser.Config.sgd(1e30)));
    assertThatThrownBy(run::go)
        .isExactlyInstanceOf(DivergedException.class)
        .hasMessageContaining("training diverged");
  }

  @Test
  void withoutBatchNormNothingChanges() {
    Run ghost = new Run().settings(s -> s.epochs(1));
    Run together = new Run().settings(s -> s.epochs(1).synchronised(true));
    assertThat(together.go().weights()).isEqualTo(ghost.go().weights());
  }

  @Test
  void aCheckpointOfTheOtherKindIsNotResumed(@TempDir Path folder) {
    run(new Standard(), 8, true).in(folder).go();
    assertThatThrownBy(() -> run(new Standard(), 8, false).in(folder).resuming().go())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "train.batch_norm: expected ghost, as in this experiment, found sync");
  }

  @Test
  void theExperimentFileChooses() {
    assertThat(read("{}").synchronised()).isFalse();
    assertThat(read("{batch_norm: synchronised}").synchronised()).isTrue();
    assertThatThrownBy(() -> read("{batch_norm: synchronised, batch: 1024, shard: 2}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "shard: expected at least 4 for synchronised batch norm, found 2 (all shards of a"
                + " batch are computed side by side)");
    assertThatThrownBy(() -> read("{objective: mail, batch: 1024, shard: 2}"))
        .hasMessageContaining("shard: expected at least 4 for objective mail, found 2");
    assertThatThrownBy(
            () ->
                TrainSettings.defaults().toBuilder().batch(257).shard(1).synchronised(true).build())
        .hasMessageContaining("train: shard: expected at least 2 for synchronised batch norm");
  }

  private static TrainSettings read(String text) {
    Problems problems = new Problems("test.yaml");
    var reader = Settings.yaml(text, "test.yaml").reader(problems);
    TrainSettings settings = TrainSettings.read(reader, InnerSearch.read(reader), 0.1, Device.CPU);
    problems.throwIfAny();
    return settings;
  }
}
