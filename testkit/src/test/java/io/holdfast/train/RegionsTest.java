package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.Notes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of classes in which a model is weak. */
@ExtendWith(LeakCheck.class)
class RegionsTest {
  /** Two kinds of things called by one name, as {@code kind / 2}. */
  private static final class Merged extends ForwardingDataset {
    Merged(Dataset samples) {
      super(samples);
    }

    @Override
    public DatasetInfo info() {
      DatasetInfo own = source().info();
      List<String> names = List.of("a", "b", "c", "d", "e");
      return new DatasetInfo(own.name(), own.shape(), names, own.licence());
    }

    @Override
    public int label(int index) {
      return source().label(index) / 2;
    }
  }

  private static Network fresh() {
    return WeakKinds.fresh(5, 7);
  }

  /** Of samples that are no trousers holds all but every tenth, of trousers every tenth. */
  private static Map<Long, Boolean> trousersFall(Dataset kinds) {
    Map<Long, Boolean> held = new TreeMap<>();
    for (int i = 0; i < kinds.size(); i++) {
      boolean tenth = kinds.id(i) % 10 == 0;
      held.put(kinds.id(i), (kinds.label(i) == 1) == tenth);
    }
    return held;
  }

  private static Regions.Found find(Regions regions, Network start, Dataset train) {
    return find(regions, start, train, Progress.silent());
  }

  private static Regions.Found find(
      Regions regions, Network start, Dataset train, Progress progress) {
    try (Workers workers = Workers.of(2)) {
      return regions.find(start, train, new Seed(5), workers, Stopper.manual(), progress);
    }
  }

  @Test
  void theWeakKindWithinAClassIsARegionOfItsOwn() {
    Dataset kinds = FashionMnist.train().first(600);
    Dataset more = FashionMnist.train().first(1000);
    try (Network network = fresh()) {
      Regions regions = new Regions(null, new Merged(kinds), trousersFall(kinds), 2, 3, 1);
      List<String> told = new ArrayList<>();
      Regions.Found found = find(regions, network, new Merged(more), new Notes(told::add));
      Dataset train = found.train();
      // of class a, trousers are in the one region and tops in the other, but for a few
      int trousers = mostly(train, i -> more.label(i) == 1);
      int tops = mostly(train, i -> more.label(i) == 0);
      assertThat(trousers).isNotEqualTo(tops).isBetween(0, 1);
      long astray =
          IntStream.range(0, train.size())
              .filter(i -> more.label(i) < 2)
              .filter(i -> train.group(i) != (more.label(i) == 1 ? trousers : tops))
              .count();
      assertThat(astray).isLessThan(20);
      long in = IntStream.range(0, train.size()).filter(i -> train.group(i) == trousers).count();
      assertThat(told)
          .singleElement()
          .asString()
          .startsWith("10 regions of classes; the weakest is one of a with " + in + " training");
      Map<Integer, Double> weakness = found.selection().groups();
      assertThat(weakness).hasSize(10).containsKeys(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      assertThat(weakness.get(trousers)).isGreaterThan(0.6);
      weakness.forEach(
          (region, weak) -> {
            if (region != trousers) {
              assertThat(weak).as("region " + region).isLessThan(0.25);
            }
          });
      assertThat(found.selection().classes()).isEmpty();
      double[] draws = found.selection().draws(train);
      double ofTrousers = mean(draws, train, i -> train.group(i) == trousers);
      double ofTops = mean(draws, train, i -> train.group(i) == tops);
      assertThat(ofTrousers / ofTops)
          .isCloseTo((1 + 3 * weak(found, trousers)) / (1 + 3 * weak(found, tops)), within(1e-9));
    }
  }

  /** By hand, of all regions of the judged samples themselves. */
  @Test
  void aRegionIsAsRobustAsItsSamplesAndTwoMoreThatHoldAsOftenAsItsClass() {
    Dataset kinds = FashionMnist.train().first(600);
    Dataset judged = new Merged(kinds);
    Map<Long, Boolean> held = trousersFall(kinds);
    try (Network network = fresh()) {
      Regions.Found found = find(new Regions(null, judged, held, 3, 3, 1), network, judged);
      Map<Integer, Double> accuracy = new TreeMap<>();
      for (int c = 0; c < 5; c++) {
        int label = c;
        double ofClass =
            (count(judged, i -> judged.label(i) == label, held) + 1.0)
                / (count(judged, i -> judged.label(i) == label, null) + 2.0);
        for (int r = 0; r < 3; r++) {
          int region = 3 * c + r;
          long holding = count(judged, i -> found.train().group(i) == region, held);
          long of = count(judged, i -> found.train().group(i) == region, null);
          assertThat(of).isPositive();
          accuracy.put(region, (holding + 2 * ofClass) / (of + 2));
        }
      }
      double best = accuracy.values().stream().mapToDouble(a -> a).max().orElseThrow();
      assertThat(found.selection().groups().keySet()).isEqualTo(accuracy.keySet());
      accuracy.forEach(
          (region, a) -> assertThat(weak(found, region)).isCloseTo(best - a, within(1e-12)));
    }
  }

  private static long count(
      Dataset samples, IntPredicate which, @Nullable Map<Long, Boolean> held) {
    return IntStream.range(0, samples.size())
        .filter(which)
        .filter(i -> held == null || Boolean.TRUE.equals(held.get(samples.id(i))))
        .count();
  }

  @Test
  void aLedgerWithoutAVerdictIsRefused() {
    Dataset kinds = new Merged(FashionMnist.train().first(60));
    Problems problems = new Problems("training");
    new Regions(null, kinds, Map.of(), 3, 3, 1).check(kinds, problems);
    assertThatThrownBy(problems::throwIfAny)
        .hasMessageContaining("train.samples.ledger: expected verdicts on its samples");
  }

  @Test
  void valuesThatAreNotFiniteAreRefused() {
    Dataset kinds = new Merged(FashionMnist.train().first(60));
    try (Network network = fresh();
        Scope scope = Scope.open()) {
      Map<String, Tensor> weights = new TreeMap<>(network.weights());
      weights.computeIfPresent("a.weight", (name, w) -> w.mul(0).add(3e38));
      network.setWeights(weights);
      Regions regions = new Regions(null, kinds, trousersFall(kinds), 3, 3, 1);
      assertThatThrownBy(() -> find(regions, network, kinds))
          .hasMessageContaining("some of layer relu are not; choose another train.samples.model");
    }
  }

  private static double weak(Regions.Found found, int region) {
    return Objects.requireNonNull(found.selection().groups().get(region));
  }

  private static int mostly(Dataset train, IntPredicate which) {
    return IntStream.range(0, train.size())
        .filter(which)
        .mapToObj(train::group)
        .collect(Collectors.groupingBy(group -> group, Collectors.counting()))
        .entrySet()
        .stream()
        .max(Map.Entry.comparingByValue())
        .orElseThrow()
        .getKey();
  }

  private static double mean(double[] draws, Dataset train, IntPredicate which) {
    return IntStream.range(0, train.size())
        .filter(which)
        .mapToDouble(i -> draws[i])
        .average()
        .orElseThrow();
  }

  /** By hand: as if two more were there that hold as often as the class, one of whom held. */
  @Test
  void oneRegionIsTheClassAndFewSamplesSayLittle() {
    Dataset kinds = FashionMnist.train().first(40);
    Map<Long, Boolean> held = trousersFall(kinds);
    ToIntFunction<Integer> label = i -> kinds.label(i) / 2;
    double[] accuracy = new double[5];
    for (int c = 0; c < 5; c++) {
      int of = c;
      int[] rows = IntStream.range(0, 40).filter(i -> label.applyAsInt(i) == of).toArray();
      long holding = IntStream.of(rows).filter(i -> held.get(kinds.id(i))).count();
      double ofClass = (holding + 1.0) / (rows.length + 2);
      accuracy[c] = (holding + 2 * ofClass) / (rows.length + 2);
    }
    double best = IntStream.range(0, 5).mapToDouble(c -> accuracy[c]).max().orElseThrow();
    try (Network network = fresh()) {
      for (int perClass : new int[] {1, 50}) { // no class has twenty samples
        Regions regions = new Regions(network, new Merged(kinds), held, perClass, 3, 1);
        Map<Integer, Double> weakness =
            find(regions, network, new Merged(kinds)).selection().groups();
        assertThat(weakness).hasSize(5);
        for (int c = 0; c < 5; c++) {
          assertThat(weakness.get(c * perClass)).isCloseTo(best - accuracy[c], within(1e-12));
        }
      }
    }
  }

  @Test
  void aClassThatNobodyJudgedHasNoRegionAndCountsAsTheMean() {
    Dataset kinds = FashionMnist.train().first(300);
    Dataset known = kinds.subset(IntStream.range(0, 300).filter(i -> kinds.label(i) < 8).toArray());
    try (Network network = fresh()) {
      Regions regions = new Regions(network, new Merged(known), trousersFall(known), 3, 3, 1);
      Regions.Found found = find(regions, network, new Merged(kinds));
      for (int i = 0; i < 300; i++) {
        assertThat(found.train().group(i) < 0).isEqualTo(kinds.label(i) >= 8);
      }
      double[] draws = found.selection().draws(found.train());
      Map<Integer, Double> weakness = found.selection().groups();
      double mean = weakness.values().stream().mapToDouble(w -> w).average().orElseThrow();
      int one = IntStream.range(0, 300).filter(i -> kinds.label(i) < 8).findFirst().orElseThrow();
      int none = IntStream.range(0, 300).filter(i -> kinds.label(i) > 7).findFirst().orElseThrow();
      assertThat(draws[none] / draws[one])
          .isCloseTo(
              (1 + 3 * mean) / (1 + 3 * weak(found, found.train().group(one))), within(1e-9));
    }
  }

  @Test
  void threadsChangeNothingAndAStopIsHeard() {
    Dataset kinds = FashionMnist.train().first(600);
    try (Network network = fresh();
        Workers one = Workers.of(1)) {
      Regions regions = new Regions(network, new Merged(kinds), trousersFall(kinds), 3, 3, 1);
      Regions.Found two = find(regions, network, new Merged(kinds));
      Regions.Found alone =
          regions.find(
              network, new Merged(kinds), new Seed(5), one, Stopper.manual(), Progress.silent());
      assertThat(alone.selection()).isEqualTo(two.selection());
      for (int i = 0; i < 600; i++) {
        assertThat(alone.train().group(i)).isEqualTo(two.train().group(i));
      }
      Stopper stopper = Stopper.manual();
      stopper.request();
      assertThatThrownBy(
              () ->
                  regions.find(
                      network, new Merged(kinds), new Seed(5), one, stopper, Progress.silent()))
          .isInstanceOf(RunInterruptedException.class);
    }
  }

  @Test
  void theHashIsOfAllThatItGoesBy() {
    Dataset kinds = new Merged(FashionMnist.train().first(60));
    Map<Long, Boolean> held = trousersFall(kinds);
    try (Network network = fresh();
        Network other = WeakKinds.fresh(5, 8)) {
      String hash = new Regions(network, kinds, held, 3, 3, 1).hash();
      assertThat(new Regions(network, kinds, held, 3, 3, 1).hash()).isEqualTo(hash);
      Map<Long, Boolean> others = new TreeMap<>(held);
      others.computeIfPresent(kinds.id(0), (id, was) -> !was);
      List<String> different =
          List.of(
              new Regions(other, kinds, held, 3, 3, 1).hash(),
              new Regions(null, kinds, held, 3, 3, 1).hash(),
              new Regions(network, kinds.first(59), held, 3, 3, 1).hash(),
              new Regions(network, kinds, others, 3, 3, 1).hash(),
              new Regions(network, kinds, held, 2, 3, 1).hash(),
              new Regions(network, kinds, held, 3, 2, 1).hash(),
              new Regions(network, kinds, held, 3, 3, 2).hash());
      assertThat(different).doesNotHaveDuplicates().doesNotContain(hash);
    }
  }

  @Test
  void aModelForOtherInputsIsRefused() {
    GraphBuilder g = Graph.builder("wide");
    g.input("input", TensorType.floats(3, 8, 8));
    g.add("flatten", new Flatten());
    Graph wide = g.output(g.add("out", Linear.of(5))).build();
    Dataset kinds = new Merged(FashionMnist.train().first(60));
    try (Network network = Network.initialise(wide, Initialisation.PYTORCH, new Seed(1))) {
      Problems problems = new Problems("training");
      new Regions(network, kinds, trousersFall(kinds), 3, 3, 1).check(kinds, problems);
      assertThatThrownBy(problems::throwIfAny)
          .hasMessageContaining(
              "train.samples.model: expected a model for inputs of shape [1, 28, 28]")
          .hasMessageContaining("[3, 8, 8]");
    }
  }

  // ---- the whole way: a class with a weak kind in it, its ledger, training on at equal budget

  /** T-shirts and trousers in class a, dresses b, sandals c, sneakers d, bags and boots e. */
  private static Run training(long seed) {
    return WeakKinds.training(new Merged(WeakKinds.train()), seed, 6, Schedule.cyclic());
  }

  private static Run choosing(Run run, Selection selection) {
    return run.settings(s -> s.methods(Methods.NONE.with(selection)));
  }

  /** Robust accuracy by kind. */
  private static Map<Integer, Double> trainedOn(Network base, Run run) {
    Map<Integer, Double> robust = new TreeMap<>();
    try (Network network = base.copy()) {
      run.go(network);
      Dataset test = WeakKinds.test();
      for (int kind : WeakKinds.ALL) {
        int[] rows = IntStream.range(0, test.size()).filter(i -> test.label(i) == kind).toArray();
        robust.put(
            kind,
            Objects.requireNonNull(
                    WeakKinds.attacked(network)
                        .on(new Merged(test.subset(rows)))
                        .card()
                        .robustAccuracy())
                .value());
      }
    }
    return robust;
  }

  private static double worst(Map<Integer, Double> robust) {
    return robust.values().stream().mapToDouble(r -> r).min().orElseThrow();
  }

  private static double rare(Map<Integer, Double> robust) {
    return WeakKinds.RARE.stream().mapToDouble(robust::get).average().orElseThrow();
  }

  /**
   * Against uniform training; and more of the rare kinds stand than where whole classes are drawn
   * more often, which are weak since half of their samples are.
   */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(longs = {8, 9})
  void weakKindsWithinClassesRiseAtEqualBudget(long seed, @TempDir Path folder) {
    try (Network base = fresh()) {
      training(7).go(base);
      Dataset judged = new Merged(WeakKinds.judged());
      WeakKinds.attacked(base).folder(folder).on(judged);
      SampleChoice choice = new SampleChoice(folder.toString(), false, 3, 1, 4, null);
      Run regional = training(seed);
      Regions.Found found = find(choice.open(judged, null), base, regional.train);
      regional.train = found.train();
      Map<Integer, Double> uniform = trainedOn(base, training(seed));
      Selection whole = SampleChoice.of(folder.toString(), 3, 1).open();
      Map<Integer, Double> classes = trainedOn(base, choosing(training(seed), whole));
      Map<Integer, Double> regions = trainedOn(base, choosing(regional, found.selection()));
      System.out.printf(
          Locale.ROOT,
          "worst kind: uniform %.1f%%, by classes %.1f%%, by regions %.1f%%; mean of the two rare"
              + " ones: %.1f%%, %.1f%%, %.1f%%%n",
          100 * worst(uniform),
          100 * worst(classes),
          100 * worst(regions),
          100 * rare(uniform),
          100 * rare(classes),
          100 * rare(regions));
      assertThat(worst(regions)).isGreaterThanOrEqualTo(worst(uniform) + 0.05);
      assertThat(rare(regions)).isGreaterThanOrEqualTo(rare(classes) + 0.05);
    }
  }
}
