package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Seed;
import io.holdfast.common.governor.Journal;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Processor;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.ForwardingObjective;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class TrainerTest {
  private static Objective objective(String name) {
    return switch (name) {
      case "standard" -> new Standard();
      case "pgd-at" -> new PgdAt();
      default -> Trades.beta(6);
    };
  }

  private static String trained(int workers, Precision precision, Objective objective) {
    return new Run()
        .with(r -> r.workers = workers)
        .with(r -> r.graph = Run.NORMED)
        .settings(s -> s.precision(precision).objective(objective).batch(28).averaging(0.9))
        .go()
        .weights();
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void anyNumberOfWorkersGivesTheSameBits(Precision precision) {
    assumeTrue(precision == Precision.FLOAT32 || Processor.hasBfloat16());
    for (String name : List.of("standard", "pgd-at", "trades")) {
      String one = trained(1, precision, objective(name));
      assertThat(trained(2, precision, objective(name))).isEqualTo(one);
      assertThat(trained(3, precision, objective(name))).isEqualTo(one);
    }
  }

  @Test
  void theSeedMatters() {
    assertThat(new Run().with(r -> r.seed = 8).go().weights())
        .isNotEqualTo(new Run().go().weights());
  }

  @Test
  void tradesWithoutDivergenceIsCleanTrainingBitForBit() {
    String clean = new Run().settings(s -> s.objective(new Standard())).go().weights();
    assertThat(new Run().settings(s -> s.objective(Trades.beta(0))).go().weights())
        .isEqualTo(clean);
    assertThat(new Run().settings(s -> s.objective(Trades.beta(1))).go().weights())
        .isNotEqualTo(clean);
  }

  /** Plain gradient descent on the whole batch at once, by the tape, in double. */
  @Test
  void oneStepIsThatOfTheUnshardedBatch() {
    Run run =
        new Run()
            .settings(
                s ->
                    s.objective(new Standard())
                        .labelSmoothing(0.1)
                        .epochs(1)
                        .batch(96)
                        .shard(13)
                        .optimiser(
                            new Optimiser.Config(
                                "sgd", 0.3, 0, false, 0.9, 0.999, 0.01, Schedule.constant())));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Map<String, Tensor> expected = slowStep(start, 0.3, 0.01, 0.1);
      expected.forEach(
          (name, w) ->
              assertThat(trained.weight(name).to(w.type()).sub(w).abs().max().item())
                  .as(name)
                  .isLessThan(1e-6));
    }
  }

  private static Map<String, Tensor> slowStep(
      Network start, double rate, double decay, double smoothing) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    start
        .weights()
        .forEach((n, t) -> leaves.put(n, t.to(io.holdfast.tensor.DType.FLOAT64).asLeaf()));
    int[] all = IntStream.range(0, Run.TRAIN.size()).toArray();
    Tensor x =
        Tensors.of(Run.TRAIN.read(all), all.length, 1, 28, 28)
            .to(io.holdfast.tensor.DType.FLOAT64); // [N, 1, 28, 28]
    Tensor y = Tensors.of(IntStream.of(all).mapToLong(Run.TRAIN::label).toArray(), all.length);
    Mode mode = Mode.training(new Seed(1), BatchNormPolicy.GHOST);
    Tensor logits = Forward.run(start.graph(), leaves, List.of(x), mode).value("out"); // [N, K]
    Tensor loss = Nn.crossEntropy(logits, y, smoothing).mean();
    List<Tensor> gradients = Autograd.grad(loss, List.copyOf(leaves.values()), false);
    Map<String, Tensor> after = new LinkedHashMap<>();
    int i = 0;
    for (Map.Entry<String, Tensor> e : leaves.entrySet()) {
      Tensor w = e.getValue().detach();
      after.put(e.getKey(), w.sub(gradients.get(i++).add(w, decay).mul(rate)));
    }
    return after;
  }

  @Test
  void clippingBoundsTheStep() {
    Run run =
        new Run()
            .settings(
                s ->
                    s.epochs(1)
                        .batch(96)
                        .gradientClip(0.01)
                        .optimiser(
                            new Optimiser.Config(
                                "sgd", 1, 0, false, 0.9, 0.999, 0, Schedule.constant())));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      double square = 0;
      for (String name : start.weights().keySet()) {
        square += trained.weight(name).sub(start.weight(name)).square().sum().item();
      }
      assertThat(Math.sqrt(square)).isCloseTo(0.01, within(1e-5));
    }
  }

  @Test
  void frozenLayersStayBitIdentical() {
    Run run =
        new Run()
            .with(r -> r.graph = Run.NORMED)
            .with(r -> r.frozen = List.of("conv", "norm"))
            .settings(s -> s.averaging(0.5));
    try (Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      start
          .weights()
          .forEach(
              (name, w) ->
                  assertThat(trained.weight(name).sameAs(w))
                      .as(name)
                      .isEqualTo(!name.startsWith("out")));
    }
  }

  @Test
  void nothingToTrainIsRefused() {
    Run run = new Run().with(r -> r.frozen = List.of("conv", "out"));
    assertThatThrownBy(run::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model.freeze");
  }

  @Test
  void averagedWeightsFollowTheirFormula() {
    Run run =
        new Run().settings(s -> s.epochs(1).batch(96).averaging(0.9).objective(new Standard()));
    Run plain = new Run().settings(s -> s.epochs(1).batch(96).objective(new Standard()));
    try (Scope scope = Scope.open();
        Network averaged = run.network();
        Network stepped = run.network();
        Network start = run.network()) {
      run.settings(s -> s.optimiser(level()));
      plain.settings(s -> s.optimiser(level()));
      run.go(averaged);
      plain.go(stepped);
      for (String name : start.weights().keySet()) {
        // The first step's decay is min(0.9, 1 / 10).
        Tensor expected = start.weight(name).mul(0.1).add(stepped.weight(name), 0.9);
        assertThat(averaged.weight(name).sub(expected).abs().max().item()).isLessThan(1e-6);
      }
    }
  }

  private static Optimiser.Config level() {
    return new Optimiser.Config("sgd", 0.5, 0, false, 0.9, 0.999, 0, Schedule.constant());
  }

  /** Also of shards that differ in size: 40, 40 and 16. */
  @ParameterizedTest
  @ValueSource(ints = {8, 40})
  void runningStatisticsMoveTowardsThoseOfTheShards(int size) {
    Run run =
        new Run()
            .with(r -> r.graph = Run.NORMED)
            .settings(
                s -> s.objective(new Standard()).epochs(1).batch(96).shard(size).averaging(0.9));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Tensor mean = Tensors.zeros(4);
      Tensor variance = Tensors.zeros(4);
      List<int[]> shards = new Shards(96, 96, size, new Seed(7)).at(0);
      for (int[] shard : shards) {
        Tensor x = Tensors.of(Run.TRAIN.read(shard), shard.length, 1, 28, 28);
        Tensor conv =
            Objects.requireNonNull(
                start.activations(x, List.of("conv")).get("conv")); // [8, 4, 7, 7]
        Tensor m = conv.meanKeep(0, 2, 3); // [1, 4, 1, 1]
        double n = shard.length * 49.0;
        double share = shard.length / 96.0;
        mean.addInPlace(m.view(4), share);
        variance.addInPlace(conv.sub(m).square().sum(0, 2, 3), share / (n - 1));
      }
      Tensor expected = variance.mul(0.1).add(0.9);
      assertThat(trained.weight("norm.running_mean").sub(mean.mul(0.1)).abs().max().item())
          .isLessThan(1e-6);
      assertThat(trained.weight("norm.running_var").sub(expected).abs().max().item())
          .isLessThan(1e-6);
    }
  }

  /** What a norm makes of one number is its bias, whatever the sample. */
  @Test
  void aSingleSampleIsNoBatchOfVectors() {
    GraphBuilder g = Graph.builder("vectors");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("flatten", new Flatten());
    g.add("hidden", Linear.of(8));
    g.add("norm", new BatchNorm());
    Graph graph = g.output(g.add("out", Linear.of(10))).build();
    Run run =
        new Run()
            .with(r -> r.graph = graph)
            .settings(s -> s.objective(new Standard()).epochs(1).batch(33).shard(32));
    assertThatThrownBy(run::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.shard: expected shards of at least two samples")
        .hasMessageContaining("found one of a single sample in a batch of 33");
    run.settings(s -> s.batch(34)).go();
    run.settings(s -> s.batch(33)).with(r -> r.graph = Run.NORMED).go();
  }

  @Test
  void aJournalOfAnEarlierRunGoesWithIt(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve(Journal.FILE), "of a run that had a governor\n");
    new Run().in(folder).settings(s -> s.objective(new Standard()).epochs(1)).go();
    assertThat(folder.resolve(Journal.FILE)).doesNotExist();
  }

  @Test
  void anObjectiveThatTellsNothingOfItselfCouldNotBeResumed(@TempDir Path folder) {
    Objective silent = new Silent();
    Run run = new Run().settings(s -> s.objective(silent).epochs(1));
    run.go();
    assertThatThrownBy(run.in(folder)::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.objective: expected one whose toString tells its settings");
    assertThatThrownBy(
            new Run()
                    .settings(s -> s.objective(new ForwardingObjective(silent) {}).epochs(1))
                    .in(folder)
                ::go)
        .hasMessageContaining("train.objective: expected one whose toString tells its settings");
    Objective passing = new ForwardingObjective(new Standard()) {};
    new Run().settings(s -> s.objective(passing).epochs(1)).in(folder).go();
  }

  /** The plain cross-entropy, by a class without a text of its own. */
  private static final class Silent implements Objective {
    @Override
    public String name() {
      return "silent";
    }

    @Override
    public boolean adversarial() {
      return false;
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      return new Standard().loss(shard);
    }
  }

  @Test
  void earlyStoppingGoesByRobustAccuracyAndKeepsTheBestWeights(@TempDir Path folder) {
    // A huge learning rate after a good start: the first epoch is the best one.
    Run run =
        new Run()
            .in(folder)
            .settings(
                s ->
                    s.epochs(30)
                        .earlyStopping(2)
                        .optimiser(
                            new Optimiser.Config(
                                "sgd", 0.3, 0, false, 0.9, 0.999, 0, Schedule.constant())));
    try (Network network = run.network()) {
      TrainResult result = run.go(network);
      List<Double> robust =
          MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
              .filter(line -> line.path("event").asText().equals("epoch"))
              .map(line -> line.path("robust_accuracy").asDouble())
              .toList();
      double best = robust.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
      assertThat(result.stoppedEarly()).isTrue();
      assertThat(result.kept()).isNotNull();
      assertThat(result.kept().robust()).isEqualTo(best);
      assertThat(result.kept().epoch()).isEqualTo(robust.indexOf(best) + 1);
      assertThat(result.epochs()).isEqualTo(robust.size()).isEqualTo(result.kept().epoch() + 2);
      assertThat(validate(run, network, result.kept().epoch())).isEqualTo(result.kept());
    }
  }

  private static TrainResult.Validation validate(Run run, Network network, int epoch) {
    try (io.holdfast.tensor.Workers pool = io.holdfast.tensor.Workers.of(1)) {
      TrainJob job =
          new TrainJob(
              network,
              run.train,
              run.validation,
              run.threat,
              new io.holdfast.attack.InnerMaximiser(
                  1, 1, io.holdfast.attack.InnerMaximiser.Start.UNIFORM),
              run.settings,
              run.augmentation,
              new Seed(run.seed),
              pool,
              null,
              false,
              run.progress,
              run.stopper);
      Validator validator = Validator.of(job);
      assertThat(validator).isNotNull();
      return validator.look(network.classifier(), epoch).figures();
    }
  }

  @Test
  void earlyStoppingNeedsValidation() {
    Run run = new Run().with(r -> r.validation = null).settings(s -> s.earlyStopping(2));
    assertThatThrownBy(run::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.validation");
  }

  /** What is trained is the defender's to look at, whatever his attacker sees. */
  @Test
  void validationSeesTheModelWhateverTheAttackerDoes() {
    Outcome open = new Run().go();
    ThreatModel blind = Run.THREAT.knowing(Knowledge.DECISION).queries(1);
    assertThat(new Run().with(r -> r.threat = blind).go()).isEqualTo(open);
  }

  @Test
  void validationMayBeAbsent(@TempDir Path folder) {
    Outcome outcome = new Run().in(folder).with(r -> r.validation = null).go();
    assertThat(outcome.result().kept()).isNull();
    assertThat(String.join("\n", Run.metrics(folder)))
        .contains("\"event\":\"epoch\"")
        .doesNotContain("\"clean_accuracy\":null");
  }

  @Test
  void standardTrainingNeedsNoThreatAndOthersDo() {
    Run standard = new Run().with(r -> r.threat = null).settings(s -> s.objective(new Standard()));
    TrainResult result = standard.go().result();
    assertThat(result.kept()).isNotNull();
    assertThat(result.kept().robust()).isNull();
    assertThat(result.kept().clean()).isBetween(0.0, 1.0);
    Run adversarial = new Run().with(r -> r.threat = null);
    assertThatThrownBy(adversarial::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a threat model for pgd-at");
  }

  @Test
  void validationWithoutAThreatCountsAsWithOne() {
    Run with = new Run().settings(s -> s.objective(new Standard()));
    Run without = new Run().with(r -> r.threat = null).settings(s -> s.objective(new Standard()));
    TrainResult.Validation a = with.go().result().kept();
    TrainResult.Validation b = without.go().result().kept();
    assertThat(a).isNotNull();
    assertThat(b).isNotNull();
    assertThat(a.clean()).isEqualTo(b.clean());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 31})
  void trainingSetsSmallerThanABatchAreOneStepAnEpoch(int samples) {
    Run run = new Run().with(r -> r.train = Run.TRAIN.first(samples));
    assertThat(run.go().result().steps()).isEqualTo(2);
  }

  @Test
  void batchesSmallerThanAShardAreOneShard() {
    Run run = new Run().settings(s -> s.batch(4).shard(32).epochs(1));
    assertThat(run.go().result().steps()).isEqualTo(24);
    assertThat(new Shards(96, 4, 32, new Seed(1)).at(3)).hasSize(1);
  }

  @Test
  void everySampleIsSeenOnceAnEpochAndTheRestIsDropped() {
    Shards shards = new Shards(101, 20, 8, new Seed(3));
    assertThat(shards.stepsPerEpoch()).isEqualTo(5);
    List<Integer> seen =
        IntStream.range(5, 10)
            .boxed()
            .flatMap(step -> shards.at(step).stream())
            .flatMap(part -> IntStream.of(part).boxed())
            .toList();
    assertThat(seen).hasSize(100).doesNotHaveDuplicates();
    assertThat(shards.at(0).get(0)).isNotEqualTo(shards.at(5).get(0));
  }

  @Test
  void divergenceIsNamed() {
    Run run =
        new Run()
            .settings(
                s ->
                    s.objective(new Standard())
                        .optimiser(
                            new Optimiser.Config(
                                "sgd", 1e30, 0, false, 0.9, 0.999, 0, Schedule.constant())));
    assertThatThrownBy(run::go)
        .isInstanceOf(HoldfastException.class)
        .isNotInstanceOf(InvalidInputException.class)
        .hasMessageContaining("training diverged")
        .hasMessageContaining("learning_rate");
  }

  @Test
  void theTrainingSetAloneIsRead() {
    java.util.Set<Long> read = java.util.concurrent.ConcurrentHashMap.newKeySet();
    Dataset spied = new SpiedDataset(Run.TRAIN, read);
    new Run().with(r -> r.train = spied).with(r -> r.validation = null).go();
    assertThat(read).hasSize(96);
  }

  @Test
  void lastNotBestWeightsAreKeptByDefault(@TempDir Path folder) {
    TrainResult result = new Run().in(folder).go().result();
    assertThat(result.kept()).isNotNull();
    assertThat(result.kept().epoch()).isEqualTo(2);
  }

  @Test
  void theCurriculumScalesTheRadius(@TempDir Path folder) {
    new Run()
        .in(folder)
        .settings(s -> s.radius(Curve.ramp(0, 1, 0.5)).cleanShare(Curve.constant(0.3)))
        .go();
    List<Double> epsilons =
        MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
            .filter(line -> line.path("event").asText().equals("step"))
            .map(line -> line.path("epsilon").asDouble())
            .toList();
    assertThat(epsilons).hasSize(6);
    for (int i = 0; i < 6; i++) {
      assertThat(epsilons.get(i)).isCloseTo(Math.min(0.1, 0.1 * i / 3), within(1e-12));
    }
  }

  @Test
  void unionsAndOtherNormsTrain() {
    ThreatModel union =
        ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(3), ThreatModel.l1(30));
    assertThat(new Run().with(r -> r.threat = union).go().weights())
        .isNotEqualTo(new Run().go().weights());
  }
}
