package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Axis;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Shape;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Optimiser;
import io.holdfast.train.TrainingCost;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Searches over settings from a program. */
class TuningTest {
  private static final Dataset DATA = PipelineTest.data(40);

  private static Hardening common(Path folder) {
    return Hardening.of(Architectures.mlp(Shape.of(1, 2, 2), 2, 3))
        .against(ThreatModel.linf(0.1).within(0, 1))
        .objective(Trades.beta(2))
        .attack(Pgd.steps(2))
        .validation(0.3)
        .epochs(3)
        .batch(8)
        .seed(5)
        .workers(1)
        .folder(folder);
  }

  private static Tuning search(Hardening training, Tuning.Method method) {
    return Tuning.of(training)
        .over(
            new Axis.Numbers("learning_rate", 0.01, 1, true),
            (h, v) -> h.optimiser(Optimiser.Config.sgd(Double.parseDouble(v))))
        .over(
            new Axis.Words("objective", List.of("standard", "trades")),
            (h, v) -> v.equals("standard") ? h.objective(new Standard()) : h)
        .method(method)
        .trials(5);
  }

  @ParameterizedTest
  @EnumSource(Tuning.Method.class)
  void stoppedAndResumedItFindsTheSame(Tuning.Method method, @TempDir Path folder) {
    TuningResult whole = search(common(folder.resolve("whole")), method).search(DATA).result();
    assertThat(whole.trials()).hasSize(5);
    assertThat(whole.trial(0).values()).isEmpty();
    assertThat(whole.rungs())
        .isEqualTo(method == Tuning.Method.RANDOM ? List.of(3) : List.of(1, 3));
    int stops = 0;
    for (int signs : new int[] {3, 14, 25}) {
      Path run = folder.resolve("run-" + signs);
      Stopper stopper = Stopper.manual();
      Hardening stopped = common(run).stopper(stopper).progress(new StopAfter(signs, stopper));
      try {
        search(stopped, method).search(DATA);
      } catch (RunInterruptedException e) {
        stops++;
      }
      TuningResult resumed =
          search(common(run).resume(true).workers(2), method).search(DATA).result();
      assertThat(resumed).as("after " + signs).isEqualTo(whole);
    }
    assertThat(stops).isPositive();
  }

  @Test
  void theBestGoesOnAsIfItHadNeverPaused(@TempDir Path folder) {
    Tuning.Found found = search(common(folder), Tuning.Method.ASHA).epochs(5).search(DATA);
    TuningResult result = found.result();
    assertThat(result.epochs()).isLessThanOrEqualTo(5);
    assertThat(result.cut()).isTrue();
    Map<String, String> values = result.trial(result.best()).values();
    Hardening plain = common(folder.resolve("plain"));
    if (!values.isEmpty()) {
      plain =
          plain.optimiser(
              Optimiser.Config.sgd(
                  Double.parseDouble(Objects.requireNonNull(values.get("learning_rate")))));
      plain = values.containsValue("standard") ? plain.objective(new Standard()) : plain;
    }
    try (Bundle best = found.best().fit(DATA);
        Bundle same = plain.fit(DATA)) {
      assertThat(best.network().hash()).isEqualTo(same.network().hash());
    }
  }

  @Test
  void costIsCounted(@TempDir Path folder) {
    TuningResult result =
        Tuning.of(common(folder))
            .over(
                new Axis.Whole("steps", 1, 4, false),
                (h, v) -> h.attack(Pgd.steps(Integer.parseInt(v))))
            .method(Tuning.Method.RANDOM)
            .trials(3)
            .search(DATA)
            .result();
    for (TrialOutcome t : result.trials()) {
      int steps =
          t.values().isEmpty()
              ? 2
              : Integer.parseInt(Objects.requireNonNull(t.values().get("steps")));
      int samples = 3 * (28 / 8) * 8; // epochs of full batches of those not held out
      assertThat(t.attackGradients()).isEqualTo(samples * (double) steps);
      assertThat(t.backwardPasses()).isEqualTo(samples * (steps + 2.0)); // TRADES: two more
    }
  }

  @Test
  void aTrialThatDivergesEndsNoSearch(@TempDir Path folder) {
    TuningResult result =
        Tuning.of(common(folder).objective(new Standard()))
            .over(
                new Axis.Words("learning_rate", List.of("1e30")),
                (h, v) -> h.optimiser(Optimiser.Config.sgd(Double.parseDouble(v))))
            .trials(2)
            .search(DATA)
            .result();
    assertThat(result.trial(1).diverged()).isTrue();
    assertThat(result.best()).isZero();
    assertThat(result.front()).containsExactly(0);
  }

  @Test
  void theFrontIsWhatNoOtherIsBetterThan() {
    List<TrialOutcome> trials =
        List.of(
            outcome(0, 0.9, 0.5, 10),
            outcome(1, 0.8, 0.6, 10),
            outcome(2, 0.8, 0.5, 10), // worse than both
            outcome(3, 0.8, 0.5, 5), // cheaper
            outcome(4, 0.9, 0.5, 10), // as the first
            new TrialOutcome(5, Map.of(), 9, 0, 0, 0, 0, 0, true));
    TuningResult result = TuningResult.of(Tuning.Method.RANDOM, 1, List.of(9), 0, false, trials);
    assertThat(result.front()).containsExactly(0, 1, 3, 4);
    assertThat(result.best()).isEqualTo(1);
  }

  private static TrialOutcome outcome(int n, double clean, double robust, double cost) {
    return new TrialOutcome(n, Map.of(), 9, clean, robust, 7, 9, cost, false);
  }

  /** A pass of a larger model costs more. */
  @Test
  void theCostIsThatOfTheModel() {
    TrainingCost passes = new TrainingCost(100, 300);
    EpochFigures none = new EpochFigures(0.9, 0.5, 1);
    Graph model = Architectures.mlp(Shape.of(1, 4, 4), 3, 5).graph();
    assertThat(model.multiplications()).isEqualTo(16 * 5 + 5 * 3);
    TrialOutcome trial = TrialOutcome.of(0, Map.of(), 1, none, passes, model);
    assertThat(trial.backwardPasses()).isEqualTo(300);
    assertThat(trial.multiplications()).isEqualTo(300 * 95);
    assertThat(TuningTables.multiplications(trial.multiplications())).isEqualTo("28.5k");
    assertThat(TuningTables.multiplications(4.061e12)).isEqualTo("4.06T");
    assertThat(TuningTables.multiplications(999)).isEqualTo("999");
  }

  @Test
  void trialsThatAreOfNoSearchAreLeftAlone(@TempDir Path folder) throws IOException {
    Path own = Files.createDirectories(folder.resolve("trials")).resolve("notes.txt");
    Files.writeString(own, "mine");
    Tuning tuning = search(common(folder), Tuning.Method.RANDOM).trials(1);
    assertThatThrownBy(() -> tuning.search(DATA))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("folder");
    assertThat(own).hasContent("mine");
  }

  @Test
  void whatIsMissingIsToldTogether() {
    Hardening training =
        Hardening.of(Architectures.mlp(Shape.of(1, 2, 2), 2, 3))
            .against(ThreatModel.linf(0.1).within(0, 1))
            .validation(0);
    assertThatThrownBy(() -> Tuning.of(training).trials(0).search(DATA))
        .hasMessageContaining("folder")
        .hasMessageContaining("over")
        .hasMessageContaining("trials")
        .hasMessageContaining("validation");
  }
}
