package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.Flip;
import io.holdfast.data.image.PadCrop;
import io.holdfast.data.image.RandomCorruption;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Mma;
import io.holdfast.train.objective.adversarial.UnionSampling;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
class ResumeTest {
  private static final int STEPS = 6;

  private final Path folder;

  ResumeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Everything that has state: momentum, average, best weights, running statistics, dropout. */
  private static Run rich() {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .with(
            r ->
                r.augmentation =
                    Augmentation.of(
                        new PadCrop(2),
                        new Flip(0.5),
                        new RandomCorruption(0.3, 3, RandomCorruption.Types.COMMON)))
        .settings(
            s ->
                s.averaging(0.9)
                    .earlyStopping(5)
                    .cleanShare(Curve.ramp(0, 0.5, 1))
                    .gradientClip(1));
  }

  private static Run adam() {
    return new Run()
        .settings(s -> s.optimiser(Optimiser.Config.adamw(1e-2)).objective(Trades.beta(6)));
  }

  private static Run stoppingAfter(Run run, int steps) {
    Stopper stopper = Stopper.manual();
    run.stopper = stopper;
    run.progress =
        Run.afterEachStep(
            done -> {
              if (done == steps) {
                stopper.request();
              }
            });
    return run;
  }

  private void resumedEqualsUninterrupted(Supplier<Run> kind) {
    Outcome whole = kind.get().in(folder.resolve("whole")).go();
    for (int stop = 1; stop < STEPS; stop++) {
      Path place = folder.resolve("stop" + stop);
      Run first = stoppingAfter(kind.get().in(place), stop);
      assertThatThrownBy(first::go)
          .isInstanceOf(RunInterruptedException.class)
          .hasMessageContaining("--resume");
      Outcome resumed = kind.get().in(place).resuming().with(r -> r.workers = 1).go();
      assertThat(resumed).as("stopped after step " + stop).isEqualTo(whole);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
    }
  }

  @Test
  void fromEveryStepWithMomentumAverageAndStatistics() {
    resumedEqualsUninterrupted(ResumeTest::rich);
  }

  @Test
  void fromEveryStepWithAdamW() {
    resumedEqualsUninterrupted(ResumeTest::adam);
  }

  @Test
  void fromEveryStepWithMuon() {
    Optimiser.Config muon = Optimiser.Config.muon(0.02);
    resumedEqualsUninterrupted(() -> rich().settings(s -> s.optimiser(muon)));
    String sgd = rich().go().weights();
    assertThat(rich().settings(s -> s.optimiser(muon)).go().weights()).isNotEqualTo(sgd);
  }

  /** What is remembered of each sample is part of a checkpoint. */
  @Test
  void fromEveryStepWithMarginsOfSamples() {
    resumedEqualsUninterrupted(() -> rich().settings(s -> s.objective(new Mma(1.5, 0.3, 5))));
  }

  /** How often each member of a union held so far is part of a checkpoint. */
  @Test
  void fromEveryStepWithTheMembersOfAUnionByTheirWeakness() {
    ThreatModel union = ThreatModel.union(Run.THREAT, ThreatModel.l2(8));
    resumedEqualsUninterrupted(
        () ->
            rich()
                .with(r -> r.threat = union)
                .settings(s -> s.objective(new UnionSampling(50, 10))));
  }

  /** The stop comes while the first of four shards of the second step reads its samples. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stoppedBetweenShardsTheStepIsAbandoned(boolean synchronised) {
    Supplier<Run> kind =
        () -> rich().with(r -> r.workers = 1).settings(s -> s.synchronised(synchronised));
    Outcome whole = kind.get().in(folder.resolve("whole")).go();
    Run first = kind.get().in(folder.resolve("part"));
    Stopper stopper = Stopper.manual();
    AtomicInteger reads = new AtomicInteger();
    first.stopper = stopper;
    first.train =
        new ForwardingDataset(Run.TRAIN) {
          @Override
          public void read(int index, float[] into, int offset) {
            if (reads.incrementAndGet() == 32 + 3) {
              stopper.request();
            }
            super.read(index, into, offset);
          }
        };
    assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
    assertThat(reads).hasValue(32 + 8);
    assertThat(Run.metrics(folder.resolve("part"))).hasSize(1);
    assertThat(kind.get().in(folder.resolve("part")).resuming().go()).isEqualTo(whole);
    assertThat(Run.metrics(folder.resolve("part"))).isEqualTo(Run.metrics(folder.resolve("whole")));
  }

  /** The stop comes when the second epoch's validation has read some of its samples, or all. */
  @ParameterizedTest
  @CsvSource({"true, 3", "true, 40", "false, 3", "false, 40"})
  void stoppedWhileItValidatesTheResumedRunValidatesAgain(boolean attacked, int reads) {
    Supplier<Run> kind =
        () -> attacked ? rich() : rich().with(r -> r.threat = null).settings(this::plain);
    Outcome whole = kind.get().in(folder.resolve("whole")).go();
    Run first = kind.get().in(folder.resolve("part"));
    Stopper stopper = Stopper.manual();
    AtomicInteger seen = new AtomicInteger();
    first.stopper = stopper;
    first.validation =
        new ForwardingDataset(Run.HELD_OUT) {
          @Override
          public void read(int index, float[] into, int offset) {
            if (seen.incrementAndGet() == 40 + reads) {
              stopper.request();
            }
            super.read(index, into, offset);
          }
        };
    assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
    assertThat(seen).hasValue(40 + reads);
    assertThat(Run.metrics(folder.resolve("part"))).as("all steps, one epoch").hasSize(STEPS + 1);
    assertThat(kind.get().in(folder.resolve("part")).resuming().go()).isEqualTo(whole);
    assertThat(Run.metrics(folder.resolve("part"))).isEqualTo(Run.metrics(folder.resolve("whole")));
  }

  private void plain(TrainSettingsBuilder settings) {
    settings.objective(new Standard()).cleanShare(Curve.constant(0));
  }

  @Test
  void stoppedAgainAndAgain() {
    Outcome whole = rich().in(folder.resolve("whole")).go();
    Path place = folder.resolve("pieces");
    for (int i = 1; i < STEPS; i++) {
      Run piece = stoppingAfter(rich().in(place).resuming(), 1);
      assertThatThrownBy(piece::go).isInstanceOf(RunInterruptedException.class);
    }
    assertThat(rich().in(place).resuming().go()).isEqualTo(whole);
    assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
  }

  @Test
  void aFinishedRunComputesNothingMore() throws IOException {
    Outcome whole = rich().in(folder).go();
    byte[] metrics = Files.readAllBytes(folder.resolve(RunLog.FILE));
    int[] steps = new int[1];
    Run again = rich().in(folder).resuming();
    again.progress = Run.afterEachStep(done -> steps[0] = done);
    assertThat(again.go()).isEqualTo(whole);
    assertThat(steps[0]).isZero();
    assertThat(Files.readAllBytes(folder.resolve(RunLog.FILE))).isEqualTo(metrics);
  }

  @Test
  void withNothingToResumeItStartsAfresh() {
    assertThat(rich().in(folder).resuming().go()).isEqualTo(rich().go());
  }

  @Test
  void withoutResumeAnOldRunIsReplacedWhole() {
    assertThatThrownBy(stoppingAfter(rich().in(folder), 4)::go)
        .isInstanceOf(RunInterruptedException.class);
    // A fresh run that dies before its first checkpoint must not find the old one.
    Run broken = rich().in(folder);
    broken.progress =
        Run.afterEachStep(
            done -> {
              throw new IllegalStateException("killed");
            });
    assertThatThrownBy(broken::go).hasMessage("killed");
    assertThat(folder.resolve(CheckpointStore.FILE)).doesNotExist();
    Outcome resumed = rich().in(folder).resuming().go();
    assertThat(resumed).isEqualTo(rich().go());
  }

  @Test
  void theCheckpointOfAnotherExperimentIsRefusedByName() {
    rich().in(folder).go();
    Run other = rich().in(folder).resuming().with(r -> r.seed = 8).settings(s -> s.epochs(3));
    assertThatThrownBy(other::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("seed")
        .hasMessageContaining("train.epochs")
        .hasMessageContaining("3, as in this experiment")
        .hasMessageContaining("another run")
        .hasMessageNotContaining("train.batch");
  }

  @Test
  void whenToWriteCheckpointsIsNoPartOfTheExperiment() {
    assertThatThrownBy(stoppingAfter(rich().in(folder), 3)::go)
        .isInstanceOf(RunInterruptedException.class);
    Run other = rich().in(folder).resuming().settings(s -> s.checkpoint(1, 30));
    assertThat(other.go()).isEqualTo(rich().go());
  }

  @Test
  void damagedCheckpointsAreToldAndNothingElseHappens() throws IOException {
    rich().in(folder).go();
    Path file = folder.resolve(CheckpointStore.FILE);
    byte[] whole = Files.readAllBytes(file);
    refused(file, Arrays.copyOf(whole, whole.length / 2));
    refused(file, Arrays.copyOf(whole, 5));
    refused(file, new byte[0]);
    byte[] flipped = whole.clone();
    flipped[flipped.length - 100] ^= 1;
    refused(file, flipped);
    byte[] header = whole.clone();
    header[20] ^= 0x40;
    refused(file, header);
    String text = new String(whole, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("\\\"step\\\":") + "\\\"step\\\":".length();
    byte[] counter = whole.clone();
    assertThat(Character.isDigit(counter[at])).isTrue();
    counter[at] ^= 1; // another step, and all else as it was
    refused(file, counter);
  }

  private void refused(Path file, byte[] content) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(rich().in(folder).resuming()::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(CheckpointStore.FILE)
        .hasMessageContaining("go on without --resume to start afresh");
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void metricsThatWereLostAreMissed() throws IOException {
    assertThatThrownBy(stoppingAfter(rich().in(folder), 3)::go)
        .isInstanceOf(RunInterruptedException.class);
    Files.delete(folder.resolve(RunLog.FILE));
    assertThatThrownBy(rich().in(folder).resuming()::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(RunLog.FILE);
  }

  @Test
  void aFolderThatCannotBeWrittenIsToldBeforeTheFirstStep() throws IOException {
    Path inTheWay = Files.writeString(folder.resolve("file"), "not a folder");
    int[] steps = new int[1];
    Run run = rich().in(inTheWay.resolve("out"));
    run.progress = Run.afterEachStep(done -> steps[0] = done);
    assertThatThrownBy(run::go).isInstanceOf(InvalidInputException.class);
    assertThat(steps[0]).isZero();
  }
}
