package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Budgets with {@code samples: later}: adversarial samples wait for later epochs. */
class LaterSamplesTest extends ClockedTraining {
  private static final long STEPS = EPOCHS * 3L;

  private static Budgets later(double seconds) {
    return deadline(seconds).withDelay(true);
  }

  /** One whose steps cost what the formula says; with one step of the search it takes 3 s. */
  private Run plain(double limit) {
    Run run = run(later(limit));
    objective = new ClockedObjective(gauges, GRADIENT, 1.5 * GRADIENT);
    return run.settings(s -> s.objective(objective));
  }

  /** Gradients of the search that each step took, told after each one. */
  private List<Long> counted(Run run, IntConsumer after) {
    List<Long> each = new ArrayList<>();
    ClockedObjective work = objective;
    long[] before = new long[1];
    run.progress =
        Run.afterEachStep(
            done -> {
              each.add(work.gradients.get() - before[0]);
              before[0] = work.gradients.get();
              after.accept(done);
            });
    return each;
  }

  @Test
  void whatThereIsNoTimeForIsLeftOutOfTheBeginning(@TempDir Path folder) {
    double limit = 2.95; // a tenth of the steps of training does not suffice
    Run governed = plain(limit).in(folder.resolve("first"));
    List<Long> each = counted(governed, done -> {});
    double begin = gauges.seconds();
    Run.Outcome outcome = governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.9 * limit, 1.05 * limit);
    assertThat(of(governed, What.ADVERSARIAL_SHARE)).isEmpty();
    Decision delay = of(governed, What.ADVERSARIAL_FROM).get(0);
    assertThat(delay.words()).startsWith("adversarial samples from 0.0% -> 25.0% of training on: ");
    int from = (int) delay.step();
    assertThat(from).isLessThan((int) STEPS / 10);
    int first = from;
    while (each.get(first) == 0) {
      first++;
    }
    assertThat(first).isBetween((int) STEPS / 5, (int) STEPS / 4 + 1);
    assertThat(each.subList(0, from)).as("before").containsOnly(4L * BATCH);
    assertThat(each.subList(first, each.size())).as("whole batches").allMatch(n -> n >= BATCH);

    Path journal = folder.resolve("first").resolve(Journal.FILE);
    gauges.advance(12345);
    Run again = run(replay(journal)).in(folder.resolve("second"));
    again.settings(s -> s.objective(objective));
    assertThat(again.go()).isEqualTo(outcome);
    assertThat(changes(again)).isEqualTo(changes(governed)).isNotEmpty();
  }

  @Test
  void aStoppedRunGoesOnPuttingThemOff(@TempDir Path folder) throws IOException {
    Run first = plain(2.95).in(folder);
    counted(
        first,
        done -> {
          if (done == 10) {
            first.stopper.request();
          }
        });
    assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
    List<Decision> decided = of(first, What.ADVERSARIAL_FROM);
    assertThat(decided).hasSize(1);
    gauges.advance(1000); // nothing runs
    Run second = plain(2.95).in(folder).resuming();
    List<Long> each = counted(second, done -> {});
    Run.Outcome outcome = second.go();
    assertThat(of(second, What.ADVERSARIAL_FROM)).startsWith(decided.get(0));
    assertThat(each.get(0)).as("step 11 of 60").isZero();
    assertThat(each.get(each.size() - 1)).isGreaterThanOrEqualTo(BATCH);
    Path kept = Files.copy(folder.resolve(Journal.FILE), folder.resolve("kept.jsonl"));
    assertThat(run(replay(kept)).go()).isEqualTo(outcome);
  }

  @Test
  void theyComeAtOnceWhereThereTurnsOutToBeTime() {
    Run governed = plain(2.75);
    ClockedObjective clocked = objective;
    List<Long> each = counted(governed, done -> clocked.pace(done < 6 ? 1 : 0.1));
    assertThat(governed.go().result().steps()).isEqualTo(STEPS);
    List<Decision> delays = of(governed, What.ADVERSARIAL_FROM);
    assertThat(delays).hasSize(2);
    assertThat(delays.get(0).to()).isEqualTo(0.5);
    assertThat(delays.get(1).to()).isZero();
    long back = delays.get(1).step();
    assertThat(back).isLessThan(STEPS / 2);
    assertThat(each.subList((int) back, each.size())).allMatch(n -> n >= BATCH);
    assertThat(each.get(each.size() - 1)).isEqualTo(4L * BATCH);
  }

  /** Else what training has learnt of them would be lost. */
  @Test
  void samplesThatHaveBegunAreNotPutOff() {
    Run governed = run(later(PLANNED));
    objective.slowFrom(STEPS / 3, 5);
    governed.go();
    assertThat(of(governed, What.ADVERSARIAL_FROM)).isEmpty();
    assertThat(of(governed, What.ADVERSARIAL_SHARE)).isNotEmpty();
  }

  @Test
  void whatGoesByRobustAccuracyMeanwhileLetsNothingBePutOff() {
    TrainSettings plain = run(null).settings;
    OverfittingGuard guard = new OverfittingGuard(20, 64, 1, 0.5, List.of(Remedy.MORE_STEPS));
    for (TrainSettings steered :
        List.of(
            plain.toBuilder().validation(40, 2).earlyStopping(2).build(),
            plain.toBuilder().methods(Methods.NONE.with(guard)).build(),
            plain.toBuilder().methods(Methods.NONE.with(new Advance(0.5, 4, 2))).build(),
            plain.toBuilder().methods(Methods.NONE.with(Selection.measured(3, 1))).build(),
            plain.toBuilder().methods(Methods.NONE.with(new Swa(0.25, 20, null, 1))).build())) {
      assertThat(Ladder.of(steered, new LookCosts(1, true, 1, 20, 0), true))
          .isEqualTo(Ladder.of(steered, new LookCosts(1, true, 1, 20, 0), false));
    }
    TrainSettings measured =
        plain.toBuilder().methods(Methods.NONE.with(Selection.measured(3, 1))).build();
    assertThat(LookCosts.of(measured, 40, 0, 32, false).needed()).isTrue();
    assertThat(LookCosts.of(plain, 40, 0, 32, false).needed()).isFalse();
  }

  @Test
  void anEndWhileTheyArePutOffIsTold() {
    Run governed = plain(2.75);
    governed.progress =
        Run.afterEachStep(
            done -> {
              if (done == 10) {
                gauges.advance(2.6); // a standstill
              }
            });
    assertThat(governed.go().result().steps()).isLessThan(STEPS / 2);
    assertThat(of(governed, What.SUMMARY).get(0).why())
        .contains("and the adversarial samples that were put off and ");
  }

  @Test
  void theLadderPutsOffBeforeItThinsOut() {
    Ladder ladder = Ladder.of(run(null).settings, new LookCosts(0, false, 0, 1, 0), true);
    assertThat(ladder.rungs())
        .filteredOn(r -> r.mostSteps() == 1)
        .extracting(r -> r.from() + " " + r.share())
        .containsExactly("0.0 1.0", "0.25 1.0", "0.5 1.0", "0.5 0.75", "0.5 0.5");
    Effort half = ladder.least().of(new Effort(4, 1, 0, true, Pace.over(100)));
    assertThat(half.cleanShare(0, 0.49)).isEqualTo(1);
    assertThat(half.cleanShare(0, 0.5)).isEqualTo(0.5);
    Ladder.Rung whole = new Ladder.Rung(1, 1, 0, true);
    Effort begun = whole.of(half);
    assertThat(ladder.least().at(0.09, begun).from()).isEqualTo(0.5);
    assertThat(ladder.least().at(0.1, begun).from()).as("has begun").isZero();
    assertThat(whole.at(0.4, half).from()).as("taken back").isZero();
    assertThat(whole.at(0.5, half).from()).as("over").isEqualTo(0.5);
    Effort back = new Effort(4, 1, 0.5, true, Pace.over(100)); // steps that have come back
    assertThat(ladder.place(0.6, back)).isZero();
    assertThat(ladder.below(ladder.place(0.6, back)).get(0).mostSteps()).isEqualTo(3);
  }
}
