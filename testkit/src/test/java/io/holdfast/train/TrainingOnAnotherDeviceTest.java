package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Attacks;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.PadCrop;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.CorruptionBenchmark;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Device;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.library.SampleLibrary;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on a stand-in for another device against training on the processor: equal weights, and
 * no operation on tensors of both.
 */
@ExtendWith(LeakCheck.class)
@EnabledIfSystemProperty(named = "holdfast.devicecheck", matches = "true")
class TrainingOnAnotherDeviceTest {
  private static final Device THERE = new Device(0);

  private static String weights(Run run, Device device) {
    try (Network network = run.network().to(device)) {
      run.go(network);
      assertThat(network.device()).isEqualTo(device);
      return network.hash();
    }
  }

  private static void assertSameWeights(Supplier<Run> run) {
    assertThat(weights(run.get(), THERE)).isEqualTo(weights(run.get(), Device.CPU));
  }

  private static Run normed() {
    return new Run().with(r -> r.graph = Run.NORMED);
  }

  @Test
  void standard() {
    assertSameWeights(
        () ->
            normed()
                .with(r -> r.threat = null)
                .settings(s -> s.objective(new Standard()).labelSmoothing(0.1)));
  }

  @Test
  void adversarialWithAllThatHasState() {
    assertSameWeights(
        () ->
            normed()
                .with(r -> r.augmentation = Augmentation.of(new PadCrop(2)))
                .settings(
                    s ->
                        s.objective(new PgdAt())
                            .averaging(0.9)
                            .gradientClip(0.5)
                            .keepBest(true)
                            .cleanShare(Curve.ramp(0, 0.5, 1))));
  }

  @Test
  void tradesWithAdam() {
    assertSameWeights(
        () ->
            normed()
                .settings(
                    s -> s.objective(Trades.beta(6)).optimiser(Optimiser.Config.adamw(0.003))));
  }

  @Test
  void synchronisedNorms() {
    assertSameWeights(() -> normed().settings(s -> s.synchronised(true)));
  }

  @Test
  void savedExamples(@TempDir Path folder) {
    SampleLibrary.write(folder, FashionMnist.test().first(40), 0.1, new Seed(3));
    assertSameWeights(
        () ->
            normed()
                .with(
                    r ->
                        r.library =
                            LibraryMix.of(folder, 0.25).open(Run.THREAT, SampleLibrary.TODAY)));
  }

  @Test
  void goesOnFromACheckpointOfTheProcessor(@TempDir Path folder) {
    Stopper stopper = Stopper.manual();
    Run interrupted =
        normed()
            .settings(s -> s.averaging(0.9).keepBest(true))
            .in(folder)
            .with(r -> r.stopper = stopper)
            .with(
                r ->
                    r.progress =
                        Run.afterEachStep(
                            n -> {
                              if (n == 4) {
                                stopper.request();
                              }
                            }));
    assertThatThrownBy(() -> weights(interrupted, Device.CPU))
        .isInstanceOf(RunInterruptedException.class);
    Run whole = normed().settings(s -> s.averaging(0.9).keepBest(true));
    Run rest = normed().settings(s -> s.averaging(0.9).keepBest(true)).in(folder).resuming();
    assertThat(weights(rest, THERE)).isEqualTo(weights(whole, Device.CPU));
  }

  @Test
  void hardensAndEvaluates() {
    Hardening hardening =
        Hardening.of(Architectures.smallCnn(1, 10)).against(Run.THREAT).epochs(1).batch(32);
    try (var here = hardening.fit(Run.TRAIN);
        var there = hardening.device(THERE).fit(Run.TRAIN)) {
      assertThat(there.network().device()).isEqualTo(THERE);
      assertThat(there.network().hash()).isEqualTo(here.network().hash());
      assertThat(card(Evaluation.of(there))).isEqualTo(card(Evaluation.of(here)));
    }
  }

  private static List<Object> card(Evaluation evaluation) {
    Scorecard card =
        evaluation
            .against(Run.THREAT)
            .with(Attacks.parse("pgd[steps=2]"), Attacks.parse("square[queries=20]"))
            .curve(RobustnessCurve.standard(8))
            .corruptions(CorruptionBenchmark.of(4, List.of(Corruption.GAUSSIAN_NOISE)))
            .on(Run.HELD_OUT.first(24))
            .card();
    return List.of(
        card.attacks(), card.curve(), Objects.requireNonNull(card.corruptions()), card.flags());
  }
}
