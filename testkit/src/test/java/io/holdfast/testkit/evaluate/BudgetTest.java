package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.MODEL;
import static io.holdfast.testkit.evaluate.Suite.TEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.CheckpointFile;
import io.holdfast.attack.ensemble.AutoAttack;
import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Deadline;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.experiment.InventoryRun;
import io.holdfast.model.Classifier;
import io.holdfast.record.AttackScore;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.attack.ForwardingClassifier;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a budget of time leaves behind, and that a resumed run ends as an unlimited one. */
class BudgetTest {
  private static final Attack LONG = Pgd.steps(100_000);

  private static Evaluation evaluation(Attack last) {
    return evaluation(MODEL, last);
  }

  private static Evaluation evaluation(Classifier model, Attack last) {
    return Evaluation.of(model)
        .against(ThreatModel.linf(0.02))
        .with(Fgsm.standard())
        .with(last)
        .chunk(50)
        .examples(0);
  }

  /**
   * Each look at the clock takes a nanosecond and nothing else does: what a look is not followed by
   * cannot take long, on however busy a machine.
   */
  @Test
  void endsOnTimeAndSaysWhatIsMissing(@TempDir Path folder) {
    int looks = 400;
    AtomicLong now = new AtomicLong();
    AtomicLong late = new AtomicLong();
    Classifier watched =
        new ForwardingClassifier(MODEL) {
          @Override
          public Tensor logits(Tensor x) {
            late.addAndGet(now.get() > looks ? 1 : 0);
            return super.logits(x);
          }
        };
    EvaluationResult result =
        evaluation(watched, LONG)
            .workers(1)
            .folder(folder)
            .until(Deadline.in(Duration.ofNanos(looks), now::incrementAndGet))
            .on(TEST.first(100));
    assertThat(now.get()).as("a hundred thousand steps").isBetween(looks + 1L, looks + 20L);
    assertThat(late.get()).as("passes after the end").isZero();
    Scorecard card = result.card();
    assertThat(card.incomplete()).containsOnlyKeys(LONG.key());
    assertThat(card.flags()).anyMatch(f -> f.contains("budget of time") && f.contains("of 100"));
    Rate robust = card.robustAccuracy();
    assertThat(robust).isNotNull();
    assertThat(robust.n()).isEqualTo(100);
    assertThat(robust.value())
        .as("what nobody judged holds so far")
        .isLessThanOrEqualTo(
            Objects.requireNonNull(card.attacks().get("fgsm")).robustAccuracy().value());
    assertThat(result.rows())
        .filteredOn(row -> row.kind() == Kind.VERDICT && row.attempt().equals(LONG.key()))
        .as("only what is final has rows")
        .extracting(row -> row.outcome())
        .doesNotContain(Outcome.HELD);
    Scorecard read = Scorecard.read(folder.resolve("scorecard.json"));
    assertThat(read.toJson()).isEqualTo(card.toJson());
  }

  @Test
  void aBudgetSpentBeforeTheFirstAttackLeavesTheCleanAccuracy() {
    Scorecard card = evaluation(LONG).budget(Duration.ofNanos(1)).on(TEST.first(100)).card();
    assertThat(card.incomplete()).containsEntry("fgsm", 100L).containsEntry(LONG.key(), 100L);
    assertThat(card.robustAccuracy()).isEqualTo(card.cleanAccuracy());
    assertThat(card.flags()).filteredOn(f -> f.startsWith("incomplete")).hasSize(2);
  }

  @Test
  void resumedItEndsWithTheLedgerOfAnUnlimitedRun(@TempDir Path folder) throws IOException {
    Attack steps = Pgd.steps(60).restarts(2);
    Dataset data = TEST.first(100);
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    Scorecard expected = evaluation(steps).folder(whole).on(data).card();
    assertThat(expected.incomplete()).isEmpty();
    int runs = 0;
    while (true) {
      Scorecard card =
          evaluation(steps).folder(parts).resume(true).until(after(100 << runs)).on(data).card();
      runs++;
      if (card.incomplete().isEmpty()) {
        assertThat(card.withoutTiming()).isEqualTo(expected.withoutTiming());
        break;
      }
    }
    assertThat(runs).as("the first budget was too small").isGreaterThan(1);
    assertThat(parts.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(whole.resolve("ledger.parquet"));
  }

  /** The curve's first chunk of 50 is done, its second is not, when time is over. */
  @Test
  void aCurveThatWasCutSaysSoAndIsGoneOnWith(@TempDir Path folder) {
    Dataset data = TEST.first(100);
    AtomicLong looks = new AtomicLong();
    Evaluation attacks = evaluation(Pgd.steps(5)).workers(1);
    attacks.until(Deadline.in(Duration.ofDays(1), looks::incrementAndGet)).on(data);
    int before = looks.intValue();
    Evaluation curved = attacks.curve(RobustnessCurve.standard(100));
    looks.set(0);
    Scorecard expected =
        curved.until(Deadline.in(Duration.ofDays(1), looks::incrementAndGet)).on(data).card();
    int all = looks.intValue();
    assertThat(all).isGreaterThan(before + 50);
    assertThat(expected.curve()).isNotEmpty().allMatch(point -> point.robustAccuracy().n() == 100);
    assertThat(expected.flags()).noneMatch(f -> f.startsWith("incomplete"));

    Evaluation parts = curved.folder(folder).resume(true);
    Scorecard none = parts.until(after(before + (all - before) / 4)).on(data).card();
    assertThat(none.curve()).isEmpty();
    assertThat(none.flags())
        .anyMatch(f -> f.startsWith("incomplete") && f.contains("curve had 0 of 100 samples"));
    Scorecard half = parts.until(after((all - before) * 3 / 4)).on(data).card();
    assertThat(half.incomplete()).isEmpty();
    assertThat(half.curve()).isNotEmpty().allMatch(point -> point.robustAccuracy().n() == 50);
    assertThat(half.flags())
        .anyMatch(f -> f.startsWith("incomplete") && f.contains("curve had 50 of 100 samples"));
    assertThat(parts.on(data).card().withoutTiming()).isEqualTo(expected.withoutTiming());
  }

  /** FAB gives back unchanged what it does not fell, whatever the model's gradients are. */
  @Test
  void fabAloneThatFellsNobodyIsNotCalledWithoutEffect() {
    Evaluation evaluation =
        Evaluation.of(MODEL).against(ThreatModel.linf(1e-4)).examples(0).workers(1);
    Scorecard fab =
        evaluation
            .with(NamedAttack.parse("fab-t[steps=3,targets=2]"), NamedAttack.parse("fab[steps=3]"))
            .on(TEST.first(10))
            .card();
    assertThat(fab.robustAccuracy()).isEqualTo(fab.cleanAccuracy());
    assertThat(fab.flags()).noneMatch(f -> f.startsWith("attack without effect"));
  }

  /** An end after so many looks at the clock, so that a cut comes at a known step. */
  private static Deadline after(int looks) {
    return Deadline.in(Duration.ofNanos(looks), new AtomicLong()::incrementAndGet);
  }

  private static Set<Long> judged(Iterable<Attempt> rows, String attack) {
    return Suite.list(rows).stream()
        .filter(row -> row.kind() == Kind.VERDICT && row.attempt().equals(attack))
        .map(Attempt::sampleId)
        .collect(Collectors.toSet());
  }

  @Test
  void whatAModelThatDrawsRandomNumbersLostInTimeStandsWhenItIsResumed(@TempDir Path folder) {
    AtomicLong calls = new AtomicLong();
    Classifier noisy =
        new ForwardingClassifier(MODEL) {
          @Override
          public boolean stochastic() {
            return true;
          }

          @Override
          public Tensor logits(Tensor x) {
            Rng random = Rng.of(new Seed(9).split(calls.incrementAndGet()));
            return super.logits(x.add(random.normal(x.shape()), 0.05));
          }
        };
    Attack suite = new AutoAttack(AutoAttack.Version.RAND, 3, 1);
    Evaluation evaluation =
        Evaluation.of(noisy)
            .against(ThreatModel.linf(0.02))
            .with(suite)
            .workers(1)
            .folder(folder)
            .resume(true)
            .examples(0);
    Dataset data = TEST.first(60);
    List<Attempt> first = Suite.list(evaluation.until(after(200)).on(data).rows());
    Set<Long> early = judged(first, suite.key());
    assertThat(early).as("some samples of the one chunk").isNotEmpty().hasSizeLessThan(60);
    EvaluationResult whole = evaluation.on(data);
    assertThat(whole.card().incomplete()).isEmpty();
    assertThat(judged(whole.rows(), suite.key())).hasSize(60);
    assertThat(Suite.list(whole.rows()))
        .containsAll(first)
        .filteredOn(row -> row.kind() == Kind.STAGE && early.contains(row.sampleId()))
        .as("nor do stages of another search come beside those of the first")
        .allMatch(first::contains);
  }

  /** A kill in the only chunk loses less than the chunk, as passes of the model count. */
  @Test
  void whatShardsHadFoundIsNotSearchedAgain(@TempDir Path folder) throws IOException {
    Dataset data = TEST.first(32);
    Attack attack = Pgd.steps(60).restarts(6);
    AtomicLong passes = new AtomicLong();
    AtomicLong most = new AtomicLong(Long.MAX_VALUE);
    Classifier slow =
        new ForwardingClassifier(MODEL) {
          @Override
          public Tensor logits(Tensor x) {
            LockSupport.parkNanos(2_000_000); // so that a checkpoint is due
            if (passes.incrementAndGet() > most.get()) {
              throw new IllegalStateException("killed");
            }
            return super.logits(x);
          }
        };
    Evaluation evaluation =
        Evaluation.of(slow)
            .against(ThreatModel.linf(1e-4))
            .with(attack)
            .workers(1)
            .shard(8)
            .examples(0)
            .folder(folder)
            .resume(true);
    List<Attempt> expected = Suite.list(evaluation.folder(folder.resolve("whole")).on(data).rows());
    long whole = passes.getAndSet(0);
    most.set(whole - 20);
    assertThatThrownBy(() -> evaluation.on(data)).hasMessage("killed");
    assertThat(folder.resolve(CheckpointFile.NAME)).exists();
    passes.set(0);
    most.set(Long.MAX_VALUE);
    EvaluationResult resumed = evaluation.on(data);
    assertThat(Suite.list(resumed.rows())).isEqualTo(expected);
    assertThat(passes.get()).as("of %d", whole).isLessThan(whole / 2);
    assertThat(resumed.card().timing().get(attack.key()))
        .as("the time of the killed run counts")
        .isGreaterThan(0.002 * whole * 0.6);
    assertThat(folder.resolve(CheckpointFile.NAME)).doesNotExist();
  }

  /** One step fells what the others cannot, which is to be said however often it was cut. */
  @Test
  void aResumedRunWarnsOfWhatAnUninterruptedOneDoes(@TempDir Path folder) {
    Dataset data = TEST.first(100);
    Evaluation stuck =
        Evaluation.of(MODEL)
            .against(ThreatModel.linf(0.05))
            .with(Fgsm.standard(), Pgd.steps(6).stepSize(1e-6).randomStart(false))
            .workers(1)
            .examples(0);
    Scorecard expected = stuck.on(data).card();
    assertThat(expected.flags()).anyMatch(f -> f.startsWith("masked gradients: fgsm with"));
    Evaluation parts = stuck.folder(folder).resume(true);
    List<Attempt> first = Suite.list(parts.until(after(5)).on(data).rows());
    assertThat(judged(first, "fgsm")).as("of one shard of the chunk").hasSizeLessThan(100);
    assertThat(first).extracting(Attempt::outcome).contains(Outcome.FELL);
    assertThat(parts.on(data).card().flags()).isEqualTo(expected.flags());
  }

  @Test
  void changesFoundInTimeCountThoughSmallerOnesMayBeFound(@TempDir Path folder) throws IOException {
    Dataset data = TEST.first(60);
    NamedAttack attack = NamedAttack.parse("ddn[steps=20]");
    Evaluation evaluation =
        Evaluation.of(MODEL)
            .against(ThreatModel.smallest(Norm.L2))
            .with(attack)
            .workers(1)
            .examples(0);
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    Scorecard expected = evaluation.folder(whole).on(data).card();
    EvaluationResult cut = evaluation.folder(parts).until(after(15)).on(data);
    assertThat(cut.card().incomplete()).containsOnlyKeys(attack.key());
    AttackScore score = Objects.requireNonNull(cut.card().attacks().get(attack.key()));
    long fallen = Objects.requireNonNull(score.distance().get("l2")).n();
    assertThat(fallen)
        .as("those of the first shard have fallen, those of the second have not")
        .isBetween(5L, cut.card().incomplete().getOrDefault(attack.key(), 0L) - 5);
    assertThat(score.robustAccuracy().value())
        .isCloseTo(cut.card().cleanAccuracy().value() - fallen / 60.0, Offset.offset(1e-9));
    assertThat(cut.card().flags())
        .anyMatch(f -> f.contains("of which " + fallen + " have fallen, to changes"));
    assertThat(cut.rows()).extracting(Attempt::outcome).doesNotContain(Outcome.FELL);
    assertThat(cut.soFar())
        .hasSize(Math.toIntExact(fallen))
        .allMatch(row -> row.outcome() == Outcome.FELL && row.l2() > 0);
    InventoryRun.Row row = InventoryRun.told(attack.attack(), ThreatModel.l2(20), cut);
    assertThat(row.fell()).as("of an inventory").isEqualTo(fallen);
    assertThat(row.unfinished()).isEqualTo(row.attacked());
    assertThat(row.distance()).isPositive();
    assertThat(InventoryRun.told(attack.attack(), ThreatModel.l2(1e-3), cut).fell()).isZero();
    Scorecard resumed = evaluation.folder(parts).resume(true).on(data).card();
    assertThat(resumed.withoutTiming()).isEqualTo(expected.withoutTiming());
    assertThat(parts.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(whole.resolve("ledger.parquet"));
  }

  /** Sooner than such an attack tells what it has found of its own accord. */
  @Test
  void whatADecisionAttackHadFoundWhenTimeWasOverCounts() {
    EvaluationResult cut =
        Evaluation.of(MODEL)
            .against(ThreatModel.smallest(Norm.L2))
            .with(NamedAttack.parse("boundary[queries=200]"))
            .workers(1)
            .examples(0)
            .until(after(12))
            .on(TEST.first(20));
    assertThat(cut.card().incomplete()).isNotEmpty();
    assertThat(cut.soFar())
        .isNotEmpty()
        .allMatch(row -> row.outcome() == Outcome.FELL && row.l2() > 0);
  }

  /** The clock of this driver moves with each look, so that the cut comes at a known step. */
  @Test
  void fallenSamplesStayFallenAndTheOthersAreUnfinished() {
    AtomicLong now = new AtomicLong();
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      int n = 64;
      Dataset data = TEST.first(n);
      AttackDriver driver =
          new AttackDriver(MODEL, ThreatModel.linf(0.02), workers)
              .withDeadline(Deadline.in(Duration.ofNanos(12), now::incrementAndGet));
      AttackResult result =
          driver.run(
              Pgd.steps(10),
              Tensors.of(data.read(IntStream.range(0, n).toArray()), n, 1, 28, 28),
              IntStream.range(0, n).map(data::label).toArray(),
              IntStream.range(0, n).mapToLong(data::id).toArray(),
              new Seed(1));
      assertThat(result.samples())
          .filteredOn(s -> !s.finished())
          .isNotEmpty()
          .allMatch(s -> s.outcome() == Outcome.HELD);
      assertThat(result.samples())
          .filteredOn(AttackResult.Sample::finished)
          .isNotEmpty()
          .noneMatch(s -> s.outcome() == Outcome.HELD);
    }
  }
}
