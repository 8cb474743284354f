package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.SearchRule;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.PadCrop;
import io.holdfast.model.graph.Network;
import io.holdfast.record.ClassScore;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Run.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on what a ledger says is weak. */
@ExtendWith(LeakCheck.class)
class SelectiveTrainingTest {
  private static final Selection WEAK =
      new Selection(Map.of(0, 0.0, 1, 0.5, 2, 0.2), Map.of(), 3, 2);

  private static Run run(@Nullable Selection selection) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .with(r -> r.augmentation = Augmentation.of(new PadCrop(2)))
        .settings(s -> s.steps(Curve.constant(3)).methods(Methods.NONE.with(selection)));
  }

  @Test
  void workersAndInterruptionsChangeNothing(@TempDir Path folder) {
    Outcome whole = run(WEAK).in(folder.resolve("whole")).with(r -> r.workers = 1).go();
    assertThat(run(WEAK).with(r -> r.workers = 3).go()).isEqualTo(whole);
    assertThat(run(null).go()).isNotEqualTo(whole);
    for (int stop : new int[] {2, 4}) {
      Path place = folder.resolve("stop" + stop);
      Run first = run(WEAK).in(place).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(run(WEAK).in(place).resuming().go()).isEqualTo(whole);
    }
  }

  @Test
  void anotherLedgerIsAnotherRun(@TempDir Path folder) {
    run(WEAK).in(folder).go();
    Selection other = new Selection(Map.of(0, 0.1, 1, 0.5, 2, 0.2), Map.of(), 3, 2);
    assertThatThrownBy(run(other).in(folder).resuming()::go).hasMessageContaining("train.samples");
  }

  // ---- what the validations of the training itself say is weak

  private static final Selection MEASURED = Selection.measured(3, 2);

  @Test
  void workersAndInterruptionsChangeNothingOfWhatIsMeasured(@TempDir Path folder) {
    Outcome whole = longer(MEASURED).in(folder.resolve("whole")).with(r -> r.workers = 1).go();
    assertThat(longer(MEASURED).with(r -> r.workers = 3).go()).isEqualTo(whole);
    for (int stop : new int[] {2, 3, 5, 8}) {
      Path place = folder.resolve("stop" + stop);
      Run first = longer(MEASURED).in(place).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(longer(MEASURED).in(place).resuming().go()).isEqualTo(whole);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
    }
  }

  private static Run longer(Selection selection) {
    return run(selection).settings(s -> s.epochs(3));
  }

  /** The first epoch goes by nothing, or by a ledger; the second by the first one's validation. */
  @Test
  void eachValidationSaysAnewWhatIsWeak(@TempDir Path folder) {
    Selection nothing = new Selection(Map.of(), Map.of(), 3, 2);
    for (Selection first : List.of(nothing, WEAK)) {
      run(first).in(folder).go();
      List<String> alike = Run.metrics(folder);
      run(first.thenMeasured()).in(folder).go();
      List<String> measured = Run.metrics(folder);
      assertThat(measured.subList(0, 3)).isEqualTo(alike.subList(0, 3)); // steps of an epoch
      assertThat(measured.subList(4, 7)).doesNotContainAnyElementsOf(alike);
    }
    run(MEASURED).in(folder).go();
    List<JsonNode> epochs =
        MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
            .filter(line -> line.path("event").asText().equals("epoch"))
            .toList();
    assertThat(epochs).hasSize(2);
    for (JsonNode epoch : epochs) {
      List<Double> weakness =
          epoch.path("class_weakness").properties().stream()
              .map(e -> e.getValue().asDouble())
              .toList();
      assertThat(weakness).hasSizeBetween(5, 10).contains(0.0).anyMatch(w -> w > 0);
      assertThat(epoch.path("weakest_class_accuracy").asDouble(-1))
          .isBetween(0.0, epoch.path("robust_accuracy").asDouble());
    }
    run(WEAK).in(folder).go();
    assertThat(Run.metrics(folder)).noneMatch(line -> line.contains("class_weakness"));
  }

  /** Of a later validation all counts, of the one before it half, of that before a quarter. */
  @Test
  void earlierValidationsCountLess() {
    Run run = run(MEASURED);
    try (Network network = run.network();
        Workers pool = Workers.of(1);
        RunState state = new RunState(run.job(network, pool))) {
      assertThat(state.selection()).isEqualTo(MEASURED);
      assertWeak(state, standing(40, 40, 0, 40), 0, 0.975);
      assertWeak(state, standing(10, 40, 40, 40), 0.069_444_444_444, 0); // 30 of 60 and 40 of 60
      assertWeak(state, standing(0, 0, 0, 40), 0, 0.122_079_447_685); // 15 of 30 and 20 of 70
    }
    try (Network network = run.network();
        Workers pool = Workers.of(1);
        RunState state = new RunState(run(WEAK).job(network, pool))) {
      state.stands(standing(4, 4, 0, 4));
      assertThat(state.selection()).as("a ledger stays").isEqualTo(WEAK);
    }
  }

  private static Standing standing(int held1, int of1, int held2, int of2) {
    Standing.Count count = new Standing.Count();
    IntStream.range(0, of1).forEach(i -> count.add(1, -1, i < held1));
    IntStream.range(0, of2).forEach(i -> count.add(2, -1, i < held2));
    return count.all();
  }

  private static void assertWeak(RunState state, Standing now, double one, double two) {
    state.stands(now);
    Selection found = Objects.requireNonNull(state.selection());
    assertThat(found.classes()).containsOnlyKeys(1, 2);
    assertThat(found.classes().get(1)).isCloseTo(one, within(1e-11));
    assertThat(found.classes().get(2)).isCloseTo(two, within(1e-11));
    assertThat(found).isEqualTo(new Selection(found.classes(), Map.of(), 3, 2).thenMeasured());
  }

  @Test
  void whatIsMeasuredNeedsHeldOutSamplesAndEpochs() {
    assertThatThrownBy(run(MEASURED).with(r -> r.validation = null)::go)
        .hasMessageContaining("data.validation: expected held-out samples, by which")
        .hasMessageContaining("train.samples.measured");
    assertThatThrownBy(run(MEASURED).settings(s -> s.epochs(1))::go)
        .hasMessageContaining("train.samples: expected more than one epoch beside measured");
    assertThatThrownBy(run(MEASURED).with(r -> r.rule = new SearchRule.Free(2, false))::go)
        .hasMessageContaining("train.samples: expected a search that takes each batch once");
  }

  // ---- efforts

  private static Map<Integer, int[]> bySteps(Run run, int[] positions, int steps) {
    try (Network network = run.network();
        Workers pool = Workers.of(1)) {
      int[] rows = IntStream.range(0, positions.length).toArray();
      Selection selection = run.settings.methods().selection();
      return SearchLengths.of(run.job(network, pool), selection).bySteps(positions, rows, steps);
    }
  }

  @Test
  void effortsAreStepsOfTheSearch() {
    Selection none = new Selection(Map.of(0, 0.0, 1, 0.5), Map.of(), 0, 0);
    // Without strength and effort the samples of an epoch are all, and the steps are equal.
    assertThat(bySteps(run(none), new int[] {4, 5, 6}, 7)).containsOnlyKeys(7);
    Map<Integer, int[]> groups = bySteps(run(WEAK), IntStream.range(0, 96).toArray(), 4);
    assertThat(groups.keySet()).hasSizeBetween(2, 6).allMatch(n -> n >= 1 && n <= 8);
    for (Map.Entry<Integer, int[]> group : groups.entrySet()) {
      for (int row : group.getValue()) {
        int label = Run.TRAIN.label(row);
        assertThat(group.getKey())
            .as("class " + label)
            .matches(n -> label != 1 || n >= 5)
            .matches(n -> label != 0 || n <= 4);
      }
    }
  }

  /** What is left of whole steps is shared out, so that the mean over an epoch's draws is kept. */
  @Test
  void anEpochTakesAsManyStepsAsWithout() {
    for (int steps : new int[] {1, 2, 3, 4, 7}) {
      assertThat(meanSteps(run(WEAK), WEAK, steps)).isCloseTo(steps, within(0.1));
    }
  }

  /** Steps of a sample of an epoch, in the mean over how often each is drawn. */
  private static double meanSteps(Run run, Selection selection, int steps) {
    double[] draws = selection.draws(run.train);
    double sum = 0;
    int[] all = IntStream.range(0, draws.length).toArray();
    for (Map.Entry<Integer, int[]> group : bySteps(run, all, steps).entrySet()) {
      sum += group.getKey() * IntStream.of(group.getValue()).mapToDouble(i -> draws[i]).sum();
    }
    return sum / draws.length;
  }

  // ---- the whole way: a model with two weak classes, its ledger, training on at equal budget

  private static Run training(long seed, @Nullable Selection selection) {
    return WeakKinds.training(WeakKinds.train(), seed, 3, Schedule.constant())
        .settings(s -> s.methods(Methods.NONE.with(selection)));
  }

  private static double worst(Scorecard card) {
    return card.classes().stream()
        .filter(c -> WeakKinds.ALL.contains(c.label()))
        .map(ClassScore::robustAccuracy)
        .map(Objects::requireNonNull)
        .mapToDouble(Rate::value)
        .min()
        .orElseThrow();
  }

  /** Trains on by an epoch's samples and a search's steps that are as many in both cases. */
  private static Scorecard trainedOn(Network base, long seed, @Nullable Selection selection) {
    try (Network network = base.copy()) {
      training(seed, selection).go(network);
      return WeakKinds.attacked(network).on(WeakKinds.test()).card();
    }
  }

  /** With the defaults of {@code train.samples}. */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(longs = {8, 9})
  void theWorstClassRisesByFivePointsAtEqualBudget(long seed, @TempDir Path folder) {
    try (Network base = WeakKinds.fresh(10, 7)) {
      training(7, null).go(base);
      WeakKinds.attacked(base).folder(folder).on(WeakKinds.judged());
      SampleChoice usual = SampleChoice.of(folder.toString(), 3, 1);
      Selection weak = usual.open();
      assertThat(weak.classes().entrySet())
          .extracting(Map.Entry::getKey, e -> e.getValue() > 0.5)
          .contains(tuple(1, true), tuple(8, true));
      double steps = meanSteps(training(seed, weak), weak, 4);
      Scorecard uniform = trainedOn(base, seed, null);
      Scorecard selective = trainedOn(base, seed, weak);
      System.out.printf(
          Locale.ROOT,
          "worst class: uniform %.1f%%, selective %.1f%%; all: uniform %.1f%%, selective %.1f%%;"
              + " steps of the search: uniform 4, selective %.3f%n",
          100 * worst(uniform),
          100 * worst(selective),
          100 * Objects.requireNonNull(uniform.robustAccuracy()).value(),
          100 * Objects.requireNonNull(selective.robustAccuracy()).value(),
          steps);
      assertThat(steps).isCloseTo(4, within(0.04));
      assertThat(worst(selective)).isGreaterThanOrEqualTo(worst(uniform) + 0.05);
    }
  }

  /** As above without a ledger: by what validation sees of held-out samples, in six epochs. */
  @Tag("slow")
  @Test
  void theWorstClassRisesByFivePointsByWhatIsMeasured() {
    Selection[] both = {null, Selection.measured(3, 1)};
    double[] worst = new double[2];
    double[] all = new double[2];
    int seeds = 6;
    try (Network base = WeakKinds.fresh(10, 7)) {
      training(7, null).go(base);
      for (int i = 0; i < both.length; i++) {
        for (long seed = 8; seed < 8 + seeds; seed++) {
          Scorecard card = measured(base, seed, both[i]);
          worst[i] += worst(card) / seeds;
          all[i] += Objects.requireNonNull(card.robustAccuracy()).value() / seeds;
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "mean of %d seeds, worst class: uniform %.1f%%, measured %.1f%%; all: uniform %.1f%%,"
            + " measured %.1f%%%n",
        seeds,
        100 * worst[0],
        100 * worst[1],
        100 * all[0],
        100 * all[1]);
    assertThat(worst[1]).isGreaterThanOrEqualTo(worst[0] + 0.05);
  }

  private static Scorecard measured(Network base, long seed, @Nullable Selection selection) {
    try (Network network = base.copy()) {
      training(seed, selection)
          .with(r -> r.validation = WeakKinds.judged())
          .settings(s -> s.epochs(6).validation(1000, 10).keepBest(false))
          .go(network);
      return WeakKinds.attacked(network).on(WeakKinds.test()).card();
    }
  }
}
