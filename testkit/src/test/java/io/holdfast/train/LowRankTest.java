package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Mode;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.Standard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Training of two small matrices in place of a large one. */
@ExtendWith(LeakCheck.class)
class LowRankTest {
  private static final int ALL = Run.TRAIN.size();
  private static final double RATE = 0.2;

  /** Of the tiny network: its kernel {@code [4, 9]} and its matrix {@code [10, 196]}. */
  private static final LowRank TWO = new LowRank(2, 3);

  private static Run run(LowRank method) {
    return new Run().settings(s -> s.methods(Methods.NONE.with(method)));
  }

  /** In double, the tape going through the product: the factors' gradients are nobody's formula. */
  private static final class Twin {
    private final Network start;
    private final Map<String, Tensor> trained = new LinkedHashMap<>(); // factors and biases

    Twin(Network start) {
      this.start = start;
      try (Optimiser fresh =
          TWO.create(WeightMethodsTest.plainDescent(RATE), start, new Seed(7).split("lora"))) {
        List<Parameter> parameters = start.trainable();
        for (int i = 0; i < parameters.size(); i++) {
          String name = parameters.get(i).name();
          Tensor first = fresh.state().get("down." + i);
          if (first == null) {
            trained.put(name, start.weight(name).to(DType.FLOAT64).clone());
          } else {
            long rows = start.weight(name).size(0);
            trained.put(name + " A", first.to(DType.FLOAT64).clone());
            trained.put(name + " B", Tensors.zeros(DType.FLOAT64, rows, 2));
          }
        }
      }
    }

    Map<String, Tensor> weights(Map<String, Tensor> values) {
      Map<String, Tensor> all = new LinkedHashMap<>();
      start.weights().forEach((name, t) -> all.put(name, t.to(DType.FLOAT64)));
      for (String name : List.copyOf(all.keySet())) {
        Tensor whole = values.get(name);
        if (whole != null) {
          all.put(name, whole);
        } else if (values.get(name + " A") != null) {
          Tensor a = Objects.requireNonNull(values.get(name + " A"));
          Tensor b = Objects.requireNonNull(values.get(name + " B"));
          all.computeIfPresent(name, (n, w) -> w.add(b.matmul(a).reshape(w.shape()).mul(3.0 / 2)));
        }
      }
      return all;
    }

    void step() {
      Map<String, Tensor> leaves = new LinkedHashMap<>();
      trained.forEach((name, t) -> leaves.put(name, t.asLeaf()));
      int[] rows = IntStream.range(0, ALL).toArray();
      Tensor x = Tensors.of(Run.TRAIN.read(rows), ALL, 1, 28, 28).to(DType.FLOAT64);
      Tensor y = Tensors.of(IntStream.of(rows).mapToLong(Run.TRAIN::label).toArray(), ALL);
      Mode mode = Mode.training(new Seed(1), BatchNormPolicy.GHOST);
      Tensor logits =
          Forward.run(start.graph(), weights(leaves), List.of(x), mode).value("out"); // [N, K]
      List<String> names = List.copyOf(leaves.keySet());
      List<Tensor> slopes =
          Autograd.grad(
              Nn.crossEntropy(logits, y).mean(),
              names.stream().map(n -> Objects.requireNonNull(leaves.get(n))).toList(),
              false);
      for (int i = 0; i < names.size(); i++) {
        Tensor slope = slopes.get(i);
        trained.computeIfPresent(names.get(i), (n, t) -> t.add(slope, -RATE).detach());
      }
    }
  }

  @Test
  void stepsEqualThoseOfTheTapeThroughTheProduct() {
    Run run =
        run(TWO)
            .settings(
                s ->
                    s.objective(new Standard())
                        .epochs(4)
                        .batch(ALL)
                        .shard(13)
                        .optimiser(WeightMethodsTest.plainDescent(RATE)));
    try (Scope scope = Scope.open();
        Network adapted = run.network();
        Network start = run.network()) {
      run.go(adapted);
      Twin twin = new Twin(start);
      assertThat(twin.trained.keySet())
          .containsExactlyInAnyOrder(
              "conv.weight A",
              "conv.weight B",
              "conv.bias",
              "out.weight A",
              "out.weight B",
              "out.bias");
      IntStream.range(0, 4).forEach(step -> twin.step());
      Map<String, Tensor> expected = twin.weights(twin.trained);
      for (Parameter p : start.trainable()) {
        Tensor found = adapted.weight(p.name()).to(DType.FLOAT64);
        Tensor wanted = Objects.requireNonNull(expected.get(p.name()));
        assertThat(found.sub(wanted).abs().max().item()).as(p.name()).isLessThan(2e-6);
        Tensor moved = found.sub(start.weight(p.name()).to(DType.FLOAT64));
        assertThat(moved.abs().max().item()).as(p.name()).isGreaterThan(1e-3);
      }
    }
  }

  @Test
  void matricesThatAreNoLargerThanTheirFactorsAreTrainedAsTheyAre() {
    LowRank three = new LowRank(3, 3); // 3 x (4 + 9) are more than 4 x 9
    try (Network plain = new Run().network();
        Network adapted = new Run().network();
        Network lower = new Run().network()) {
      oneStep(new Run()).go(plain);
      oneStep(run(three)).go(adapted);
      oneStep(run(TWO)).go(lower);
      float[] expected = plain.weight("conv.weight").toFloats();
      assertThat(adapted.weight("conv.weight").toFloats()).isEqualTo(expected);
      assertThat(lower.weight("conv.weight").toFloats()).isNotEqualTo(expected);
      float[] whole = plain.weight("out.weight").toFloats();
      assertThat(adapted.weight("out.weight").toFloats()).isNotEqualTo(whole);
    }
    try (Network network = new Run().network()) {
      // 2 x (4 + 9) + 4 and 2 x (10 + 196) + 10 of 4 x 9 + 4 and 10 x 196 + 10
      assertThat(TWO.told(network)).contains("452 numbers are trained, of a model of 2,010");
      network.freeze(List.of("conv"));
      assertThat(TWO.told(network)).contains("422 numbers are trained, of a model of 2,010");
    }
  }

  /** The first one that changes anything: the learning rate begins at 0. */
  private static Run oneStep(Run run) {
    return run.settings(s -> s.epochs(1).batch(48));
  }

  private static Run rich() {
    Run run =
        run(TWO)
            .with(r -> r.graph = Run.NORMED)
            .settings(s -> s.epochs(3).keepBest(true).averaging(0.9));
    return run.settings(
        s -> s.methods(run.settings.methods().with(new WeightPerturbation.Awp(0.01, 0.2))));
  }

  @Test
  void aResumedRunEqualsAnUninterruptedOneOnAnyNumberOfWorkers(@TempDir Path folder) {
    Outcome whole = rich().in(folder.resolve("whole")).go();
    assertThat(rich().with(r -> r.workers = 3).go()).isEqualTo(whole);
    List<Optimiser.Config> optimisers = new ArrayList<>();
    optimisers.add(rich().settings.optimiser());
    optimisers.add(Optimiser.Config.adamw(0.01));
    optimisers.add(Optimiser.Config.muon(0.01));
    for (Optimiser.Config config : optimisers) {
      Outcome expected = rich().settings(s -> s.optimiser(config)).go();
      Path place = folder.resolve(config.name());
      Run first = rich().settings(s -> s.optimiser(config)).in(place).stoppingAfter(4);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      Run second = rich().settings(s -> s.optimiser(config)).in(place).resuming();
      assertThat(second.go()).as(config.name()).isEqualTo(expected);
    }
  }

  @Test
  void averagedWeightsAreThoseOfTheAdaptedMatricesAlsoWhenResumed(@TempDir Path folder) {
    Outcome expected = averaging().go();
    assertThat(expected).isNotEqualTo(averaged(Methods.NONE).go());
    Run first = averaging().in(folder).stoppingAfter(7);
    assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
    assertThat(averaging().in(folder).resuming().go()).isEqualTo(expected);
    try (Scope scope = Scope.open();
        Network adapted = averaging().network();
        Network start = averaging().network()) {
      averaging().go(adapted);
      Tensor moved = adapted.weight("out.weight").sub(start.weight("out.weight")); // [10, 196]
      double most = moved.abs().max().item();
      assertThat(most).isGreaterThan(1e-4);
      // a mean of three products of rank 2
      assertThat(rank(moved, 1e-5 * most)).isBetween(3, 6);
    }
  }

  /** Three weights are averaged in the second half of three epochs of three steps. */
  private static Run averaging() {
    return averaged(Methods.NONE.with(TWO));
  }

  private static Run averaged(Methods methods) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .settings(s -> s.epochs(3).methods(methods.with(new Swa(0.6, 1, null, 4))));
  }

  /** By elimination with the largest pivots; what is below the margin counts as nothing. */
  private static int rank(Tensor matrix, double margin) {
    int rows = (int) matrix.size(0);
    int columns = (int) matrix.size(1);
    double[] left = matrix.toDoubles();
    int rank = 0;
    while (true) {
      int pivot = 0;
      for (int i = 1; i < left.length; i++) {
        pivot = Math.abs(left[i]) > Math.abs(left[pivot]) ? i : pivot;
      }
      if (Math.abs(left[pivot]) <= margin) {
        return rank;
      }
      rank++;
      double[] before = left.clone();
      int row = pivot / columns;
      int column = pivot % columns;
      for (int i = 0; i < rows; i++) {
        for (int k = 0; k < columns; k++) {
          left[i * columns + k] -=
              before[i * columns + column] * before[row * columns + k] / before[pivot];
        }
      }
    }
  }

  @Test
  void otherRanksAndExpertsOfAMixtureAreRefused(@TempDir Path folder) {
    rich().in(folder).go();
    Run other = rich().settings(s -> s.methods(Methods.NONE.with(new LowRank(3, 3)))).in(folder);
    assertThatThrownBy(other.resuming()::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.lora");
    Run mixed = run(TWO);
    mixed.settings(s -> s.methods(mixed.settings.methods().with(Generalist.standard())));
    assertThatThrownBy(mixed::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.lora")
        .hasMessageContaining("train.generalist");
    Run slowed = run(TWO);
    slowed.settings(
        s -> s.methods(slowed.settings.methods().with(new Slowed(List.of("out"), 0.5))));
    assertThatThrownBy(slowed::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.layers.others: expected 0 beside train.lora");
    assertThatThrownBy(run(new LowRank(100_000, 1))::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.lora: expected a rank so small that some layer")
        .hasMessageContaining("found 100000");
  }
}
