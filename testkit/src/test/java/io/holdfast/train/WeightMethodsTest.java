package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Graph.Parameter;
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
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.WeightPerturbation.Asam;
import io.holdfast.train.WeightPerturbation.Awp;
import io.holdfast.train.WeightPerturbation.Sam;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Perturbed and averaged weights. */
@ExtendWith(LeakCheck.class)
class WeightMethodsTest {
  private static final int ALL = Run.TRAIN.size();

  private static WeightPerturbation perturbation(String name, double size) {
    return switch (name) {
      case "awp" -> new Awp(size, 0);
      case "sam" -> new Sam(size, 0);
      default -> new Asam(size, 0.01, 0);
    };
  }

  private static Run run(Objective objective, WeightPerturbation perturbation) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .settings(s -> s.objective(objective).epochs(1).methods(Methods.NONE.with(perturbation)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"awp", "sam", "asam"})
  void ofSizeZeroItIsPlainTrainingBitForBit(String name) {
    for (Objective objective : List.of(new PgdAt(), Trades.beta(6), new Standard())) {
      String plain =
          run(objective, perturbation(name, 0))
              .settings(s -> s.methods(Methods.NONE))
              .go()
              .weights();
      assertThat(run(objective, perturbation(name, 0)).go().weights())
          .as(objective.name())
          .isEqualTo(plain);
      assertThat(run(objective, perturbation(name, 0.3)).go().weights())
          .as(objective.name())
          .isNotEqualTo(plain);
    }
  }

  @Test
  void beforeItBeginsTheLoopIsPlain() {
    Outcome plain = run(new PgdAt(), new Awp(0.01, 0)).settings(s -> s.methods(Methods.NONE)).go();
    // Of three steps the third begins at a progress of two thirds.
    assertThat(run(new PgdAt(), new Awp(0.01, 0.7)).go()).isEqualTo(plain);
    assertThat(run(new PgdAt(), new Awp(0.01, 0.6)).go()).isNotEqualTo(plain);
  }

  /** A size at which the weights move so far that it shows. */
  private static double clear(String name) {
    return name.equals("awp") ? 0.1 : 0.5;
  }

  /** All samples at once, and plain descent. */
  private static Run oneStep(Objective objective, WeightPerturbation perturbation) {
    return new Run()
        .settings(
            s ->
                s.objective(objective)
                    .epochs(1)
                    .batch(ALL)
                    .methods(Methods.NONE.with(perturbation))
                    .optimiser(plainDescent(0.3)));
  }

  /** Two gradients of the whole batch by the tape, in double. */
  @ParameterizedTest
  @ValueSource(strings = {"awp", "sam", "asam"})
  void oneStepEqualsTheSlowTwin(String name) {
    double size = clear(name);
    Run run = oneStep(new Standard(), perturbation(name, size)).settings(s -> s.shard(13));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Map<String, Tensor> weights = new LinkedHashMap<>();
      start.weights().forEach((n, t) -> weights.put(n, t.to(DType.FLOAT64)));
      Map<String, Tensor> first = gradient(start, weights);
      Map<String, Tensor> there = moved(name, size, weights, first);
      Map<String, Tensor> second = gradient(start, there);
      for (Parameter p : start.trainable()) {
        Tensor expected = get(weights, p).sub(get(second, p).mul(0.3));
        Tensor other = get(weights, p).sub(get(first, p).mul(0.3));
        Tensor found = trained.weight(p.name()).to(DType.FLOAT64);
        assertThat(found.sub(expected).abs().max().item()).as(p.name()).isLessThan(2e-6);
        assertThat(found.sub(other).abs().max().item()).as(p.name()).isGreaterThan(1e-5);
      }
    }
  }

  /** Worst cases are those of the weights as they are; both gradients are taken there. */
  @ParameterizedTest
  @ValueSource(strings = {"awp", "sam", "asam"})
  void onWorstCasesOneStepEqualsTheSlowTwin(String name) {
    double size = clear(name);
    Run run =
        oneStep(new PgdAt(), perturbation(name, size))
            .with(r -> r.steps = 1)
            .with(r -> r.fraction = 1)
            .with(r -> r.start = Start.CLEAN)
            .settings(s -> s.steps(Curve.constant(1)).shard(13));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Map<String, Tensor> weights = new LinkedHashMap<>();
      start.weights().forEach((n, t) -> weights.put(n, t.to(DType.FLOAT64)));
      Tensor worst = fgsm(start, weights); // [N, 1, 28, 28]
      Map<String, Tensor> first = gradient(start, weights, worst);
      Map<String, Tensor> there = moved(name, size, weights, first);
      Map<String, Tensor> second = gradient(start, there, worst);
      Map<String, Tensor> anew = gradient(start, there, fgsm(start, there));
      double farthest = 0;
      for (Parameter p : start.trainable()) {
        Tensor expected = get(weights, p).sub(get(second, p).mul(0.3));
        Tensor found = trained.weight(p.name()).to(DType.FLOAT64);
        assertThat(found.sub(expected).abs().max().item()).as(p.name()).isLessThan(2e-6);
        Tensor other = get(weights, p).sub(get(anew, p).mul(0.3));
        farthest = Math.max(farthest, found.sub(other).abs().max().item());
      }
      assertThat(farthest).as("to worst cases of the moved weights").isGreaterThan(1e-4);
    }
  }

  /** FGSM within the threat model and the domain, {@code [N, 1, 28, 28]}. */
  private static Tensor fgsm(Network network, Map<String, Tensor> weights) {
    Tensor leaf = clean().asLeaf();
    Tensor slope = Autograd.grad(loss(network, weights, leaf), List.of(leaf), false).get(0);
    return leaf.detach().add(slope.sign(), 0.1).clamp(0, 1);
  }

  private static Graph normed() {
    GraphBuilder g = Graph.builder("normed");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("pool", AvgPool2d.of(4));
    g.add("conv", Conv2d.of(4, 3).padding(1));
    g.add("norm", new BatchNorm());
    g.add("relu", new Relu());
    g.add("flatten", new Flatten());
    return g.output(g.add("out", Linear.of(10))).build();
  }

  /**
   * Both gradients go by the batch's statistics under their own weights; the running ones are of
   * the weights as they are.
   */
  @ParameterizedTest
  @ValueSource(strings = {"awp", "sam", "asam"})
  void besideABatchNormOneStepEqualsTheSlowTwin(String name) {
    double size = clear(name);
    Run run =
        oneStep(new Standard(), perturbation(name, size))
            .with(r -> r.graph = normed())
            .settings(s -> s.shard(ALL));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network plain = run.network();
        Network start = run.network()) {
      run.go(trained);
      run.settings(s -> s.methods(Methods.NONE)).go(plain);
      Map<String, Tensor> weights = new LinkedHashMap<>();
      start.weights().forEach((n, t) -> weights.put(n, t.to(DType.FLOAT64)));
      Map<String, Tensor> first = gradient(start, weights);
      Map<String, Tensor> second = gradient(start, moved(name, size, weights, first));
      for (Parameter p : start.trainable()) {
        Tensor expected = get(weights, p).sub(get(second, p).mul(0.3));
        Tensor found = trained.weight(p.name()).to(DType.FLOAT64);
        assertThat(found.sub(expected).abs().max().item()).as(p.name()).isLessThan(5e-6);
      }
      for (String statistic : List.of("norm.running_mean", "norm.running_var")) {
        Tensor found = trained.weight(statistic);
        assertThat(found.sameAs(start.weight(statistic))).isFalse();
        assertThat(found.sameAs(plain.weight(statistic))).as(statistic).isTrue();
      }
    }
  }

  /** Without momentum or decay. */
  static Optimiser.Config plainDescent(double rate) {
    return new Optimiser.Config("sgd", rate, 0, false, 0.9, 0.999, 0, Schedule.constant());
  }

  private static Tensor get(Map<String, Tensor> all, Parameter p) {
    return Objects.requireNonNull(all.get(p.name()));
  }

  /** Of the mean cross-entropy of all clean samples, in double. */
  static Map<String, Tensor> gradient(Network network, Map<String, Tensor> weights) {
    return gradient(network, weights, clean());
  }

  /** All samples {@code [N, 1, 28, 28]}, in double. */
  private static Tensor clean() {
    int[] rows = IntStream.range(0, ALL).toArray();
    return Tensors.of(Run.TRAIN.read(rows), ALL, 1, 28, 28).to(DType.FLOAT64);
  }

  /** The mean cross-entropy at x. */
  private static Tensor loss(Network network, Map<String, Tensor> weights, Tensor x) {
    long[] labels = IntStream.range(0, ALL).mapToLong(Run.TRAIN::label).toArray();
    Mode mode = Mode.training(new Seed(1), BatchNormPolicy.GHOST);
    Tensor logits = Forward.run(network.graph(), weights, List.of(x), mode).value("out"); // [N, K]
    return Nn.crossEntropy(logits, Tensors.of(labels, ALL)).mean();
  }

  /** Of the mean cross-entropy at x, in double. */
  private static Map<String, Tensor> gradient(
      Network network, Map<String, Tensor> weights, Tensor x) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    weights.forEach((n, t) -> leaves.put(n, t.detach()));
    List<String> names = network.trainable().stream().map(Parameter::name).toList();
    names.forEach(n -> leaves.computeIfPresent(n, (same, t) -> t.asLeaf()));
    List<Tensor> found =
        Autograd.grad(
            loss(network, leaves, x),
            names.stream().map(n -> Objects.requireNonNull(leaves.get(n))).toList(),
            false);
    Map<String, Tensor> named = new LinkedHashMap<>();
    IntStream.range(0, names.size()).forEach(i -> named.put(names.get(i), found.get(i)));
    return named;
  }

  /** The published formulas, value by value in plain Java; statistics stay. */
  private static Map<String, Tensor> moved(
      String name, double size, Map<String, Tensor> weights, Map<String, Tensor> gradients) {
    Map<String, double[]> along = new LinkedHashMap<>(); // T^2 g, or g
    double square = 0; // of T g
    for (String key : gradients.keySet()) {
      double[] w = Objects.requireNonNull(weights.get(key)).toDoubles();
      double[] g = Objects.requireNonNull(gradients.get(key)).toDoubles();
      double[] a = new double[w.length];
      for (int i = 0; i < w.length; i++) {
        boolean scaled = name.equals("asam") && key.endsWith("weight");
        double t = scaled ? Math.abs(w[i]) + 0.01 : 1;
        square += t * g[i] * t * g[i];
        a[i] = t * t * g[i];
      }
      along.put(key, a);
    }
    Map<String, Tensor> moved = new LinkedHashMap<>(weights);
    for (String key : gradients.keySet()) {
      Tensor w = Objects.requireNonNull(weights.get(key));
      double[] values = w.toDoubles();
      double[] a = Objects.requireNonNull(along.get(key));
      double factor =
          name.equals("awp")
              ? isMatrix(key, weights) ? size * length(values) / length(a) : 0
              : size / Math.sqrt(square);
      for (int i = 0; i < values.length; i++) {
        values[i] += factor * a[i];
      }
      moved.put(key, Tensors.of(values, w.shape()));
    }
    return moved;
  }

  /** Not a bias, nor the scale of a batch norm. */
  private static boolean isMatrix(String key, Map<String, Tensor> weights) {
    return Objects.requireNonNull(weights.get(key)).rank() > 1;
  }

  private static double length(double[] values) {
    double square = 0;
    for (double v : values) {
      square += v * v;
    }
    return Math.sqrt(square);
  }

  /** Everything that has state, with both methods. */
  private static Run rich() {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .settings(
            s ->
                s.epochs(3)
                    .keepBest(true)
                    .methods(Methods.NONE.with(new Awp(0.01, 0.2)).with(new Swa(0.4, 2, 0.5, 2))));
  }

  @Test
  void anyNumberOfWorkersGivesTheSameBits() {
    Outcome one = rich().with(r -> r.workers = 1).go();
    assertThat(rich().with(r -> r.workers = 3).go()).isEqualTo(one);
    Supplier<Run> together = () -> rich().settings(s -> s.synchronised(true));
    assertThat(together.get().with(r -> r.workers = 3).go())
        .isEqualTo(together.get().with(r -> r.workers = 1).go());
  }

  @Test
  void aResumedRunEqualsAnUninterruptedOne(@TempDir Path folder) {
    Outcome whole = rich().in(folder.resolve("whole")).go();
    for (int stop : new int[] {3, 5, 6, 8}) {
      Path place = folder.resolve("stop" + stop);
      Run first = rich().in(place).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(rich().in(place).resuming().go()).as("stopped after " + stop).isEqualTo(whole);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
    }
  }

  @Test
  void theCheckpointOfOtherMethodsIsRefusedByName(@TempDir Path folder) {
    rich().in(folder).go();
    assertThatThrownBy(
            rich()
                    .in(folder)
                    .resuming()
                    .settings(s -> s.methods(Methods.NONE.with(new Swa(0.4, 2, 0.5, 2))))
                ::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.weight_perturbation")
        .hasMessageNotContaining("train.swa");
  }

  /** Of 12 steps, three an epoch, those from 0.4 on and every so many, and the last one. */
  static Stream<Arguments> moments() {
    return Stream.of(
        Arguments.of(2, new int[] {6, 8, 10, 12}),
        Arguments.of(5, new int[] {5, 10, 12}),
        Arguments.of(1000, new int[] {12}));
  }

  @ParameterizedTest
  @MethodSource("moments")
  void theMeanIsThatOfTheWeightsAfterTheirSteps(int every, int[] moments) {
    Run run =
        new Run()
            .settings(
                s ->
                    s.objective(new Standard())
                        .epochs(4)
                        .methods(Methods.NONE.with(new Swa(0.4, every, null, 1))));
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared();
        Network network = run.network()) {
      List<Map<String, Tensor>> seen = new ArrayList<>();
      run.progress =
          Run.afterEachStep(
              done -> {
                Map<String, Tensor> now = new LinkedHashMap<>();
                try (Scope step = Scope.open()) {
                  network.weights().forEach((n, t) -> now.put(n, owner.adopt(t.to(DType.FLOAT64))));
                }
                seen.add(now);
              });
      run.go(network);
      assertThat(seen).hasSize(12);
      for (String name : network.weights().keySet()) {
        Tensor sum = Tensors.zerosLike(Objects.requireNonNull(seen.get(0).get(name)));
        for (int step : moments) {
          sum.addInPlace(
              Objects.requireNonNull(seen.get(step - 1).get(name)), 1.0 / moments.length);
        }
        assertThat(network.weight(name).to(DType.FLOAT64).sub(sum).abs().max().item())
            .as(name)
            .isLessThan(1e-6);
      }
    }
  }

  @Test
  void everyEpochByDefaultAndAtAConstantRate(@TempDir Path folder) {
    Pace pace = Pace.over(400);
    assertThat(LongStream.rangeClosed(0, 400).filter(n -> Swa.standard().isMoment(n, 100, pace)))
        .containsExactly(300L, 400L);
    Pace cut = pace.lasting(360, 20); // by a governor
    assertThat(LongStream.rangeClosed(0, 360).filter(n -> Swa.standard().isMoment(n, 100, cut)))
        .containsExactly(300L, 360L);
    assertThat(new Swa(0, 1, null, 1).isMoment(1, 100, pace)).isTrue();
    assertThat(new Swa(0, 1, null, 1).isMoment(0, 100, pace)).isFalse();
    new Run()
        .in(folder)
        .settings(s -> s.epochs(4).methods(Methods.NONE.with(new Swa(0.5, 0, 0.25, 1))))
        .go();
    List<String> steps =
        Run.metrics(folder).stream().filter(l -> l.contains("\"event\":\"step\"")).toList();
    assertThat(steps).hasSize(12);
    assertThat(steps.subList(6, 12)).allMatch(l -> l.contains("\"learning_rate\":0.0125,"));
    assertThat(steps.subList(0, 6)).noneMatch(l -> l.contains("\"learning_rate\":0.0125,"));
  }

  static List<Objective> cleanOnes() {
    Hybrid fading = new Hybrid(List.of(new Hybrid.Term(Curve.ramp(1, 0, 1), new Standard())));
    return List.of(new Standard(), fading); // of which nothing counts at the end itself
  }

  /** By hand through the mean of the weights, which is that of the only epoch's end. */
  @ParameterizedTest
  @MethodSource("cleanOnes")
  void batchNormsOfTheMeanGetStatisticsOfTheirOwn(Objective objective) {
    Run run =
        new Run()
            .with(r -> r.graph = Run.NORMED)
            .settings(
                s ->
                    s.objective(objective)
                        .epochs(1)
                        .methods(Methods.NONE.with(new Swa(0, 0, null, 2))));
    try (Scope scope = Scope.open();
        Network trained = run.network()) {
      run.go(trained);
      Tensor mean = Tensors.zeros(4);
      Tensor variance = Tensors.zeros(4);
      Shards shards = new Shards(ALL, 32, 8, new Seed(7));
      for (int step : new int[] {1, 2}) {
        for (int[] shard : shards.at(step)) {
          Tensor x = Tensors.of(Run.TRAIN.read(shard), shard.length, 1, 28, 28);
          Tensor conv = Objects.requireNonNull(trained.activations(x, List.of("conv")).get("conv"));
          Tensor m = conv.meanKeep(0, 2, 3); // [1, 4, 1, 1]
          double n = shard.length * 49.0;
          mean.addInPlace(m.view(4), 1.0 / 8);
          variance.addInPlace(conv.sub(m).square().sum(0, 2, 3), 1 / ((n - 1) * 8));
        }
      }
      assertThat(trained.weight("norm.running_mean").sub(mean).abs().max().item()).isLessThan(1e-6);
      assertThat(trained.weight("norm.running_var").sub(variance).abs().max().item())
          .isLessThan(1e-6);
    }
  }

  @Test
  void twoAveragesAreRefused() {
    assertThatThrownBy(
            () ->
                new Run()
                    .settings(s -> s.averaging(0.9).methods(Methods.NONE.with(Swa.standard()))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("swa");
  }
}
