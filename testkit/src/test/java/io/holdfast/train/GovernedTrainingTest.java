package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.Records;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Hours;
import io.holdfast.common.governor.Journal;
import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.testkit.Notes;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a governor gives up, and when. */
class GovernedTrainingTest extends ClockedTraining {
  private final Path folder;

  GovernedTrainingTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Those of the last step are averaged although it is not the one that was planned. */
  @Test
  void theMeanOfWeightsHasTheLastOnes() throws IOException {
    Swa rare = new Swa(0.5, 1_000_000, null, 1);
    Run.Outcome outcome = run(deadline(PLANNED / 6)).in(folder.resolve("plain")).go();
    assertThat(outcome.result().steps()).isLessThan(EPOCHS * 3L);
    Path journal = folder.resolve("plain").resolve(Journal.FILE);
    Path place = folder.resolve("averaged");
    Run averaged = run(replay(journal)).in(place).settings(s -> s.methods(Methods.NONE.with(rare)));
    assertThat(averaged.go().weights()).isEqualTo(outcome.weights());
    assertThat(Files.readString(place.resolve(CheckpointStore.FILE), StandardCharsets.ISO_8859_1))
        .contains("count\\\":1,\\\"latest\\\":" + outcome.result().steps() + ",");
  }

  /** The thread is interrupted in a wait: what was trained is kept, and it stays interrupted. */
  @Test
  void anInterruptedWaitLeavesACheckpoint() {
    Budgets night = Records.with(Budgets.NONE, "hours", Hours.parse("22:00-06:00"));
    gauges.startingAt(LocalTime.of(5, 59, 58));
    Run.Outcome whole = run(null).go();
    gauges.advance(-gauges.seconds());
    gauges.waiting(Thread.currentThread()::interrupt);
    Run cut = run(night).in(folder);
    assertThatThrownBy(cut::go).isInstanceOf(RunInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
    gauges.startingAt(LocalTime.of(22, 0)).waiting(() -> {});
    Run.Outcome outcome = run(night).in(folder).resuming().go();
    assertThat(outcome.weights()).isEqualTo(whole.weights());
    assertThat(objective.gradients.get()).as("not anew").isLessThan(EPOCHS * 3L * BATCH * 4);
  }

  @Test
  void withoutAGovernorTheDeadlineIsMissedAndWithOneItHolds() {
    run(null).go();
    double control = gauges.seconds();
    long planned = objective.gradients.get();
    assertThat(control).isCloseTo(PLANNED, within());
    double half = control / 2;

    gauges.advance(100); // another day
    double begin = gauges.seconds();
    Run governed = run(deadline(half));
    Run.Outcome outcome = governed.go();
    double took = gauges.seconds() - begin;
    assertThat(control).isGreaterThan(1.5 * half);
    assertThat(took).isBetween(0.9 * half, 1.05 * half);
    assertThat(outcome.result().steps()).isBetween(EPOCHS * 3L * 9 / 10, EPOCHS * 3L);
    assertThat(objective.gradients.get()).isLessThan(planned * 6 / 10);
    assertThat(of(governed, What.ATTACK_STEPS)).isNotEmpty();
    assertThat(notes).anySatisfy(n -> assertThat(n).startsWith("governor: attack steps 4 -> "));
    Decision first = of(governed, What.ATTACK_STEPS).get(0);
    assertThat(first.step()).isBetween(3L, 8L);
    assertThat(first.measured()).containsKeys("seconds", "seconds_needed", "seconds_limit");
    assertThat(first.why()).contains("what is left would not suffice");
    assertThat(of(governed, What.SUMMARY))
        .singleElement()
        .satisfies(
            d -> {
              assertThat(d.why()).startsWith("gave up ").contains("of the attack's gradients");
              assertThat(d.measured().get("gradients_per_epoch"))
                  .isLessThan(0.6 * d.measured().getOrDefault("gradients_per_epoch_planned", 0.0));
              assertThat(d.measured().get("gradients_per_epoch"))
                  .isCloseTo(
                      3.0 * objective.gradients.get() / BATCH / outcome.result().steps(),
                      org.assertj.core.api.Assertions.within(0.1)); // which stay clean is drawn
            });
  }

  /** Perturbed weights, by which steps of the second half take a third more time. */
  @Test
  void whatBeginsLateIsForeseen() {
    Methods late = Methods.NONE.with(new WeightPerturbation.Awp(0.01, 0.5));
    run(null).settings(s -> s.methods(late)).go();
    double control = gauges.seconds();
    assertThat(control).isCloseTo(EPOCHS * 3 * (4 * 0.02 + 1.5 * 0.04), within());
    double limit = 0.8 * control; // 7% less than if all steps were like the first ones
    double begin = gauges.seconds();
    Run governed = run(deadline(limit)).settings(s -> s.methods(late));
    governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.9 * limit, 1.02 * limit);
    assertThat(of(governed, What.ATTACK_STEPS).get(0).step()).isLessThan(9);
  }

  /**
   * As a process that has just begun is slower, and with what begins late: with one step of the
   * search, steps of training are taken off, and no sample stays clean for it.
   */
  @Test
  void aSlowBeginningCostsNoAdversarialSamples() {
    Methods late = Methods.NONE.with(new WeightPerturbation.Awp(0.01, 0.87));
    int epochs = 200; // 600 steps
    run(null).settings(s -> s.methods(late).steps(Curve.constant(1)).epochs(epochs)).go();
    double control = gauges.seconds();
    double limit = control / 1.08;
    double begin = gauges.seconds();
    Run governed =
        run(deadline(limit)).settings(s -> s.methods(late).steps(Curve.constant(1)).epochs(epochs));
    objective.pace(1.18);
    objective.slowFrom(20, 1); // of 600
    Run.Outcome outcome = governed.go();
    assertThat(of(governed, What.ADVERSARIAL_SHARE)).isEmpty();
    assertThat(gauges.seconds() - begin).isBetween(0.93 * limit, limit);
    assertThat(outcome.result().steps()).isBetween(3L * epochs * 8 / 10, 3L * epochs * 94 / 100);
  }

  /** Some of the steps of training, rather than a quarter of the adversarial samples. */
  @Test
  void aSearchOfOneStepIsLeftWholeWhereALittleIsMissing() {
    run(null).settings(s -> s.steps(Curve.constant(1))).go();
    double control = gauges.seconds();
    double limit = 0.96 * control;
    double begin = gauges.seconds();
    Run governed = run(deadline(limit)).settings(s -> s.steps(Curve.constant(1)));
    Run.Outcome outcome = governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.9 * limit, 1.05 * limit);
    assertThat(of(governed, What.TRAINING_STEPS)).isNotEmpty();
    assertThat(of(governed, What.ADVERSARIAL_SHARE)).isEmpty();
    assertThat(outcome.result().steps()).isBetween(EPOCHS * 3L * 9 / 10, EPOCHS * 3L - 1);
  }

  /** Steps of training, a little of which was given up too, and steps of the search. */
  @Test
  void whatWasGivenUpComesBackWhereThereTurnsOutToBeTime() {
    Run governed = run(deadline(PLANNED / 2));
    ClockedObjective clocked = objective;
    governed.progress = Run.afterEachStep(done -> clocked.pace(done < 25 ? 1 : 0.2));
    Run.Outcome outcome = governed.go();
    List<Decision> training = of(governed, What.TRAINING_STEPS);
    assertThat(training.get(0).to()).isLessThan(EPOCHS * 3);
    assertThat(outcome.result().steps()).isEqualTo(EPOCHS * 3L);
    List<Decision> attack = of(governed, What.ATTACK_STEPS);
    assertThat(attack.get(0).to()).isLessThan(4);
    assertThat(attack.get(attack.size() - 1).to()).isEqualTo(4);
  }

  @Test
  void timeThatSufficesChangesNothing() {
    Run.Outcome free = run(null).go();
    Run governed = run(deadline(2 * PLANNED));
    assertThat(governed.go()).isEqualTo(free);
    assertThat(journal(governed)).extracting(Decision::what).containsExactly(What.SUMMARY);
    assertThat(journal(governed).get(0).why()).startsWith("gave up nothing");
  }

  @Test
  void farTooLittleTimeEndsTrainingEarlyWithTheScheduleRunToItsEnd() {
    Run governed = run(deadline(PLANNED / 6)).in(folder);
    double begin = gauges.seconds();
    Run.Outcome outcome = governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.85 * PLANNED / 6, 1.05 * PLANNED / 6);
    assertThat(outcome.result().steps()).isBetween(5L, EPOCHS * 3L - 1);
    assertThat(of(governed, What.ADVERSARIAL_SHARE)).isNotEmpty();
    assertThat(of(governed, What.TRAINING_STEPS)).isNotEmpty();
    double rate =
        io.holdfast.common.MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
            .filter(line -> line.path("event").asText().equals("step"))
            .reduce((a, b) -> b)
            .orElseThrow()
            .path("learning_rate")
            .asDouble();
    assertThat(rate).as("the last step is small").isLessThan(0.05 * 0.3);
  }

  @Test
  void processorTimeIsABudgetOfItsOwn() {
    gauges.using(2);
    Run governed = run(coreTime(PLANNED)); // at two cores half of the time
    double begin = gauges.seconds();
    governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.9 * PLANNED / 2, 1.05 * PLANNED / 2);
    assertThat(of(governed, What.ATTACK_STEPS).get(0).measured())
        .containsKeys("core_seconds", "core_seconds_limit");
  }

  @Test
  void aReplayGivesTheSameWeightsWithoutMeasuring() {
    Run governed = run(deadline(PLANNED / 3)).in(folder.resolve("first"));
    Run.Outcome outcome = governed.go();
    assertThat(outcome).isNotEqualTo(run(null).go());
    Path journal = folder.resolve("first").resolve(Journal.FILE);
    assertThat(Journal.read(journal)).isEqualTo(journal(governed));
    gauges.advance(12345);
    Run again = run(replay(journal)).in(folder.resolve("second"));
    assertThat(again.go()).isEqualTo(outcome);
    assertThat(changes(again)).isEqualTo(changes(governed)).isNotEmpty();
  }

  /** Wrong labels from a third on, which the guard takes for catastrophic overfitting. */
  private Run misled(Budgets budgets) {
    Run run = run(budgets);
    objective = new ClockedObjective(gauges, GRADIENT, FIXED, 1.0 / 3);
    run.validation = Run.HELD_OUT;
    run.threat = ThreatModel.linf(0.02).within(0, 1);
    OverfittingGuard guard = new OverfittingGuard(20, 64, 1, 0.5, List.of(Remedy.MORE_STEPS));
    return run.settings(
        s -> s.objective(objective).validation(0, 1).methods(Methods.NONE.with(guard)));
  }

  @Test
  void whatIsDecidedBeforeAndAfterARollbackIsReplayedInTheOrderOfTime() throws Exception {
    double begin = gauges.seconds();
    double limit = PLANNED * 0.9;
    Run governed = misled(deadline(limit)).in(folder.resolve("first"));
    Run.Outcome outcome = governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.85 * limit, 1.05 * limit);
    List<Decision> all = journal(governed);
    Decision back = of(governed, What.ROLLBACK).get(0);
    assertThat(of(governed, What.ROLLBACK)).hasSize(1);
    assertThat(back.from()).isGreaterThan(back.to());
    assertThat(back.words()).startsWith("back from step ");
    List<Decision> before = all.subList(0, all.indexOf(back));
    List<Decision> after = all.subList(all.indexOf(back) + 1, all.size());
    assertThat(before).anyMatch(d -> d.what().changesResults());
    assertThat(after)
        .as("of steps that were taken before")
        .anyMatch(d -> d.what().changesResults() && d.step() < back.step());

    Path journal = folder.resolve("first").resolve(Journal.FILE);
    gauges.advance(12345);
    Run again = misled(replay(journal)).in(folder.resolve("second"));
    assertThat(again.go()).isEqualTo(outcome);
    assertThat(changes(again)).isEqualTo(changes(governed));
    assertThat(of(again, What.ROLLBACK)).isEqualTo(of(governed, What.ROLLBACK));
    assertThat(Run.metrics(folder.resolve("second")))
        .isEqualTo(Run.metrics(folder.resolve("first")));

    Run stopped = misled(replay(journal)).in(folder.resolve("third"));
    stopped.progress = // in a step that comes for the second time
        (title, total, unit) -> {
          int[] steps = new int[1];
          return n -> {
            if (++steps[0] == (int) back.step() + 3) {
              stopped.stopper.request();
            }
          };
        };
    assertThatThrownBy(stopped::go).isInstanceOf(RunInterruptedException.class);
    assertThat(misled(replay(journal)).in(folder.resolve("third")).resuming().go())
        .isEqualTo(outcome);

    Path other = folder.resolve("other.jsonl");
    String text = Files.readString(journal);
    Files.writeString(other, text.replace("\"to\":" + back.to(), "\"to\":" + (back.to() - 1)));
    assertThat(other).content().isNotEqualTo(text);
    assertThatThrownBy(misled(replay(other))::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a rollback from step " + (long) back.from());
  }

  /** The time was over when it was seen. */
  @Test
  void withoutTimeForARemedyNoneIsNamed() {
    Path free = folder.resolve("free");
    misled(Budgets.NONE).in(free).go();
    JsonNode seen = rollback(free);
    assertThat(seen.path("remedy").asText()).isEqualTo("more-steps");
    int step = seen.path("step").asInt();
    Path late = folder.resolve("late");
    Run run = misled(deadline(10 * PLANNED)).in(late);
    run.progress =
        Run.afterEachStep(
            done -> {
              if (done == step) {
                gauges.advance(10 * PLANNED); // a standstill
              }
            });
    TrainResult result = run.go().result();
    JsonNode back = rollback(late);
    assertThat(back.path("step")).isEqualTo(seen.path("step"));
    assertThat(back.path("remedy").asText())
        .isEqualTo("no time is left for one: training ends here");
    assertThat(result.steps()).isEqualTo(back.path("to").asLong());
    Decision rollback = of(run, What.ROLLBACK).get(0);
    assertThat(rollback.measured()).containsEntry("time_is_up", 1.0);

    Run again = misled(replay(late.resolve(Journal.FILE))).in(folder.resolve("again"));
    assertThat(again.go().result()).as("a replay ends there, too").isEqualTo(result);
    assertThat(of(again, What.ROLLBACK)).containsExactly(rollback);
    assertThat(Run.metrics(folder.resolve("again"))).isEqualTo(Run.metrics(late));
  }

  private static JsonNode rollback(Path place) {
    return MetricsLog.read(place.resolve(RunLog.FILE)).stream()
        .filter(line -> line.path("event").asText().equals("rollback"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatLiesBeforeAChangeOfStepsKeepsItsProgress() {
    Pace pace = Pace.over(100).lasting(60, 40);
    assertThat(pace.progress(20)).isEqualTo(0.2);
    assertThat(pace.progress(50)).isCloseTo(0.7, within());
    assertThat(pace.stepAt(0.3)).isEqualTo(30);
    assertThat(pace.stepAt(0.4)).isEqualTo(40);
    assertThat(pace.stepAt(0.7)).isEqualTo(50);
    Pace.Leg rounded = new Pace.Leg(37, 0.2, 57);
    assertThat(rounded.progress(rounded.stepAt(0.92))).isGreaterThanOrEqualTo(0.92);
    for (int step = 0; step < 100; step++) { // also where 0.55 * 100 is more than 55
      assertThat(Pace.over(100).stepAt(step / 100.0)).isEqualTo(step);
    }
    Pace back = pace.lasting(80, 20); // decided after the run went back to 20
    assertThat(back.progress(20)).isEqualTo(0.2);
    assertThat(back.progress(50)).isCloseTo(0.6, within());
    Pace ended = pace.lasting(50, 50);
    assertThat(ended.last()).isEqualTo(50);
    assertThat(ended.progress(50)).isCloseTo(0.7, within());
    assertThat(ended.progress(30)).isEqualTo(0.3);
    assertThat(ended.stepAt(0.9)).as("never").isGreaterThan(50);
  }

  @Test
  void aReplayOfAnotherExperimentIsRefused() {
    Run governed = run(deadline(PLANNED / 3)).in(folder.resolve("first"));
    governed.go();
    Run other =
        run(replay(folder.resolve("first").resolve(Journal.FILE)))
            .settings(s -> s.steps(Curve.constant(3)));
    assertThatThrownBy(other::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a change from 3.0, as in this experiment")
        .hasMessageContaining("one from 4.0");
  }

  @Test
  void aStoppedRunGoesOnWithItsDecisionsAndItsTime() throws Exception {
    double limit = PLANNED / 2;
    double begin = gauges.seconds();
    Run first = run(deadline(limit)).in(folder);
    ClockedObjective work = objective;
    first.progress =
        (title, total, unit) ->
            n -> {
              if (work.gradients.get() > BATCH * 50) {
                first.stopper.request();
              }
            };
    assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
    List<Decision> before = journal(first);
    assertThat(before).isNotEmpty();
    gauges.advance(1000); // nothing runs
    Run second = run(deadline(limit)).in(folder).resuming();
    Run.Outcome outcome = second.go();
    assertThat(gauges.seconds() - begin - 1000).isBetween(0.9 * limit, 1.05 * limit);
    assertThat(journal(second)).startsWith(before.toArray(Decision[]::new));
    Path journal = folder.resolve(Journal.FILE);
    Path kept = Files.copy(journal, folder.resolve("kept.jsonl"));
    assertThat(run(replay(kept)).go()).isEqualTo(outcome);

    Run without = run(null).in(folder).resuming();
    assertThatThrownBy(without::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("governor");
  }

  /** The checkpoint of the last step was written, that of the run's end was not. */
  @Test
  void whatWasGivenUpIsToldWhereARunWasKilledAtItsVeryEnd() throws Exception {
    Run killed = run(deadline(PLANNED / 2)).in(folder).settings(s -> s.checkpoint(1, 1e9));
    IllegalStateException kill = new IllegalStateException("killed");
    Progress last =
        new Notes(
            note -> {
              if (note.startsWith("governor: gave up")) {
                throw kill;
              }
            });
    killed.governor =
        Governor.of(deadline(PLANNED / 2), gauges, killed.workers, last, killed.stopper);
    assertThatThrownBy(killed::go).isSameAs(kill);
    Run resumed = run(deadline(PLANNED / 2)).in(folder).resuming();
    resumed.settings(s -> s.checkpoint(1, 1e9));
    assertThat(resumed.go().result().steps()).isGreaterThan(0);
    assertThat(of(resumed, What.SUMMARY)).hasSize(1);
    assertThat(Journal.read(folder.resolve(Journal.FILE))).isEqualTo(journal(resumed));
    Run again = run(deadline(PLANNED / 2)).in(folder).resuming();
    again.settings(s -> s.checkpoint(1, 1e9)).go();
    assertThat(journal(again)).isEqualTo(journal(resumed));
  }

  @Test
  void timeLostToAStandstillIsMadeUpFor() {
    double limit = 1.1 * PLANNED;
    Run governed = run(deadline(limit)); // enough, were it not for a standstill
    ClockedObjective work = objective;
    boolean[] stood = new boolean[1];
    governed.progress =
        (title, total, unit) ->
            n -> {
              if (!stood[0] && work.gradients.get() > BATCH * 60) {
                stood[0] = true;
                gauges.advance(PLANNED / 3);
              }
            };
    double begin = gauges.seconds();
    assertThat(governed.go().result().steps()).isEqualTo(EPOCHS * 3L);
    assertThat(gauges.seconds() - begin).isBetween(0.9 * limit, 1.05 * limit);
    assertThat(of(governed, What.ATTACK_STEPS).get(0).step()).isGreaterThan(14);
  }

  @Test
  void aMachineThatIsSlowForAWhileChangesNothing() {
    Run governed = run(deadline(1.1 * PLANNED));
    int[] steps = new int[1];
    governed.progress =
        (title, total, unit) ->
            n -> {
              if (steps[0]++ < 6) { // by 15%, with which the whole run would not fit
                gauges.advance(0.15 * PLANNED / (EPOCHS * 3));
              }
            };
    governed.go();
    assertThat(journal(governed)).extracting(Decision::what).containsExactly(What.SUMMARY);
  }

  @Test
  void whatIsALittleTooMuchIsGivenUpLate() {
    double limit = 0.96 * PLANNED;
    Run governed = run(deadline(limit));
    double begin = gauges.seconds();
    governed.go();
    assertThat(gauges.seconds() - begin).isBetween(0.9 * limit, 1.02 * limit);
    assertThat(of(governed, What.ATTACK_STEPS).get(0).step()).isBetween(15L, 40L);
  }

  @Test
  void validationIsLeftOutBeforeTheAttackIsCheapened() {
    Run governed = run(deadline(1.06 * PLANNED));
    governed.settings(s -> s.validation(40, 2));
    governed.validation = slow(Run.HELD_OUT);
    Run.Outcome outcome = governed.go(); // 20 validations of 0.04 s and 60 steps of 0.12 s
    assertThat(journal(governed).get(0).what()).isEqualTo(What.VALIDATION);
    assertThat(journal(governed).get(0).to()).isZero();
    assertThat(of(governed, What.ATTACK_STEPS)).isEmpty();
    assertThat(outcome.result().kept()).isNotNull();
    assertThat(java.util.Objects.requireNonNull(outcome.result().kept()).epoch()).isEqualTo(EPOCHS);
    assertThat(of(governed, What.SUMMARY).get(0).why()).contains("gave up the validation of ");

    Run needed = run(deadline(1.06 * PLANNED));
    needed.settings(s -> s.validation(40, 2).keepBest(true));
    needed.validation = slow(Run.HELD_OUT);
    needed.go();
    assertThat(of(needed, What.VALIDATION)).isEmpty();
    assertThat(of(needed, What.ATTACK_STEPS)).isNotEmpty();
  }

  @Test
  void validationIsLeftOutWhileTheAttackWaits() {
    Run governed = run(deadline(1.02 * PLANNED)); // 20 validations of 0.04 s come on top
    governed.settings(s -> s.validation(40, 2));
    governed.validation = slow(Run.HELD_OUT);
    governed.go();
    assertThat(journal(governed).get(0).what()).isEqualTo(What.VALIDATION);
    assertThat(journal(governed).get(0).step()).isLessThan(10);
    assertThat(of(governed, What.ATTACK_STEPS).get(0).step())
        .as("%s", journal(governed))
        .isGreaterThan(10);
  }

  /** However early a run ends, what it ends with was validated. */
  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2})
  void whereverTimeEndsTheLastStepIsValidated(double share) {
    Run governed = run(deadline(share * PLANNED));
    governed.settings(s -> s.validation(40, 2));
    governed.validation = slow(Run.HELD_OUT);
    TrainResult result = governed.go().result();
    assertThat(result.steps()).isLessThan(EPOCHS * 3L);
    assertThat(java.util.Objects.requireNonNull(result.kept()).epoch()).isEqualTo(result.epochs());
  }

  @Test
  void whatWasPlannedToBeLessIsNotGivenUp() {
    Run rising = run(deadline(3 * PLANNED));
    rising.settings(s -> s.steps(Curve.ramp(1, 4, 1)).cleanShare(Curve.ramp(0.5, 0, 1)));
    rising.go();
    assertThat(journal(rising)).singleElement().satisfies(GovernedTrainingTest::gaveUpNothing);

    Run early = run(deadline(3 * PLANNED));
    early.settings(s -> s.validation(40, 2).earlyStopping(1).optimiser(Optimiser.Config.sgd(1e-9)));
    early.validation = Run.HELD_OUT;
    assertThat(early.go().result().steps()).isLessThan(EPOCHS * 3L);
    assertThat(journal(early)).singleElement().satisfies(GovernedTrainingTest::gaveUpNothing);
  }

  private static void gaveUpNothing(Decision end) {
    assertThat(end.what()).isEqualTo(What.SUMMARY);
    assertThat(end.why()).startsWith("gave up nothing");
    assertThat(end.from()).isEqualTo(end.to());
  }

  /** Each sample takes a millisecond to read. */
  private Dataset slow(Dataset data) {
    return new ForwardingDataset(data) {
      @Override
      public void read(int index, float[] into, int offset) {
        gauges.advance(0.001);
        super.read(index, into, offset);
      }
    };
  }

  @Test
  void fewerStepsReachAsFar() {
    InnerMaximiser planned = new InnerMaximiser(7, 0.25, InnerMaximiser.Start.UNIFORM);
    Effort full = new Effort(7, 1, 0, true, Pace.over(100));
    assertThat(full.limited(planned)).isSameAs(planned);
    Effort few = new Effort(2, 1, 0, true, Pace.over(100));
    assertThat(few.limited(planned).steps()).isEqualTo(2);
    assertThat(few.limited(planned).fractions()).containsExactly(0.875);
    Effort one = new Effort(1, 1, 0, true, Pace.over(100));
    assertThat(one.limited(planned).fractions()).containsExactly(1.25);
    assertThat(one.limited(planned.from(InnerMaximiser.Start.CLEAN)).fractions())
        .containsExactly(1.0);
  }

  @Test
  void progressRunsToItsEndInFewerSteps() {
    Effort full = new Effort(7, 1, 0, true, Pace.over(100));
    assertThat(full.progress(40)).isEqualTo(0.4);
    Effort less =
        full.after(
            new Decision("training", 40, What.TRAINING_STEPS, 100, 60, "", java.util.Map.of()));
    assertThat(less.progress(40)).isEqualTo(0.4);
    assertThat(less.progress(50)).isCloseTo(0.7, within());
    assertThat(less.progress(60)).isCloseTo(1, within());
  }
}
