package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.PadCrop;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.record.ClassScore;
import io.holdfast.record.Ledger;
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
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Training on what a ledger says is weak. */
@ExtendWith(LeakCheck.class)
class SelectiveTrainingTest {
  private static final Selection WEAK =
      new Selection(Map.of(0, 0.0, 1, 0.5, 2, 0.2), Map.of(), 3, 2);

  private static Run run(Selection selection) {
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
      Run first = run(WEAK).in(place);
      Stopper stopper = Stopper.manual();
      first.stopper = stopper;
      first.progress =
          Run.afterEachStep(
              done -> {
                if (done == stop) {
                  stopper.request();
                }
              });
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

  private static Map<Integer, int[]> bySteps(Run run, int[] positions, int steps) {
    try (Network network = run.network();
        Workers pool = Workers.of(1)) {
      int[] rows = IntStream.range(0, positions.length).toArray();
      return Efforts.of(run.job(network, pool)).bySteps(positions, rows, steps);
    }
  }

  @Test
  void effortsAreStepsOfTheSearch() {
    Selection none = new Selection(Map.of(0, 0.0, 1, 0.5), Map.of(), 0, 0);
    // Without strength and effort the samples of an epoch are all, and the steps are equal.
    assertThat(bySteps(run(none), new int[] {4, 5, 6}, 7)).containsOnlyKeys(7);
    Map<Integer, int[]> groups = bySteps(run(WEAK), IntStream.range(0, 96).toArray(), 4);
    assertThat(groups.keySet()).hasSizeBetween(2, 4).allMatch(n -> n >= 1 && n <= 8);
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

  // ---- the whole way: a model with two weak classes, its ledger, training at equal budget

  private static final Set<Integer> WEAK_CLASSES = Set.of(1, 8);

  /** Of two classes only every twentieth sample is there. */
  private static Dataset unbalanced() {
    Dataset all = FashionMnist.train();
    int[] seen = new int[10];
    int[] rows =
        IntStream.range(0, all.size())
            .filter(i -> !WEAK_CLASSES.contains(all.label(i)) || seen[all.label(i)]++ % 20 == 0)
            .toArray();
    return all.subset(rows);
  }

  private static Scorecard trained(Selection selection, Path ledger) {
    Graph graph = Architectures.smallCnn(1, 10).graph();
    Run run =
        new Run()
            .with(r -> r.graph = graph)
            .with(r -> r.train = unbalanced())
            .with(r -> r.validation = null)
            .with(r -> r.fraction = 0.25)
            .settings(
                s ->
                    s.steps(Curve.constant(4))
                        .epochs(2)
                        .batch(64)
                        .shard(32)
                        .optimiser(Optimiser.Config.sgd(0.05))
                        .methods(Methods.NONE.with(selection)));
    try (Network network =
        Network.initialise(graph, Initialisation.PYTORCH, new io.holdfast.common.Seed(7))) {
      run.go(network);
      return Evaluation.of(network.classifier())
          .against(Run.THREAT)
          .with(Pgd.steps(20))
          .folder(ledger)
          .on(FashionMnist.test())
          .card();
    }
  }

  private static double worst(Scorecard card) {
    return card.classes().stream()
        .map(ClassScore::robustAccuracy)
        .map(Objects::requireNonNull)
        .mapToDouble(Rate::value)
        .min()
        .orElseThrow();
  }

  @Tag("slow")
  @Test
  void theWorstClassRisesByFivePointsAtEqualBudget(@TempDir Path folder) {
    Scorecard uniform = trained(null, folder.resolve("uniform"));
    Selection weak = Selection.of(Ledger.read(folder.resolve("uniform")).rows(), 3, 1);
    List<Integer> weakest =
        weak.classes().entrySet().stream()
            .sorted(Map.Entry.<Integer, Double>comparingByValue().reversed())
            .limit(2)
            .map(Map.Entry::getKey)
            .toList();
    System.out.println("weakness " + weak.classes() + ", weakest " + weakest);
    Scorecard selective = trained(weak, folder.resolve("selective"));
    System.out.printf(
        Locale.ROOT,
        "worst class: uniform %.1f%%, selective %.1f%%; mean: uniform %.1f%%, selective %.1f%%%n",
        100 * worst(uniform),
        100 * worst(selective),
        100 * Objects.requireNonNull(uniform.robustAccuracy()).value(),
        100 * Objects.requireNonNull(selective.robustAccuracy()).value());
    assertThat(worst(selective)).isGreaterThanOrEqualTo(worst(uniform) + 0.05);
  }
}
