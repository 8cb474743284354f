package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.MODEL;
import static io.holdfast.testkit.evaluate.Suite.TEST;
import static io.holdfast.testkit.evaluate.Suite.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.evaluate.CorruptionBenchmark;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.record.Attempt;
import io.holdfast.record.CorruptionScore;
import io.holdfast.record.CorruptionScores;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.CommonCorruptions;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorruptionBenchmarkTest {
  private static final int N = 100;

  private static Evaluation evaluation() {
    return Evaluation.of(MODEL)
        .against(ThreatModel.linf(0.05))
        .precision(Precision.FLOAT32)
        .corruptions(CorruptionBenchmark.standard(N))
        .seed(3)
        .workers(1)
        .chunk(64);
  }

  @Test
  void everyCellHasARowAndEveryMeanFollowsFromThem(@TempDir Path folder) {
    EvaluationResult result = evaluation().folder(folder).on(TEST);
    List<Attempt> rows =
        list(result.rows()).stream().filter(r -> r.kind() == Kind.CORRUPTION).toList();
    assertThat(rows).hasSize(75 * N);
    Scorecard card = Scorecard.read(folder.resolve("scorecard.json"));
    assertThat(card.toJson()).isEqualTo(result.card().toJson());
    CorruptionScores scores = Objects.requireNonNull(card.corruptions());
    assertThat(scores.types()).hasSize(15);
    assertThat(scores.accuracy().value()).isCloseTo(right(rows), within(1e-12));
    assertThat(scores.accuracy().n()).isEqualTo(N);
    for (int severity = 1; severity <= 5; severity++) {
      int level = severity;
      List<Attempt> ofLevel = rows.stream().filter(r -> r.epsilon() == level).toList();
      double mean = Objects.requireNonNull(scores.bySeverity().get(level)).value();
      assertThat(mean).isCloseTo(right(ofLevel), within(1e-12));
      long always =
          ofLevel.stream().map(Attempt::sampleId).distinct().filter(i -> all(ofLevel, i)).count();
      assertThat(Objects.requireNonNull(scores.everyType().get(level)).successes())
          .isEqualTo(always);
    }
    double lowest = 1;
    for (Corruption type : Corruption.COMMON) {
      CorruptionScore score = Objects.requireNonNull(scores.types().get(type.key()));
      List<Attempt> own = rows.stream().filter(r -> r.attempt().equals(type.key())).toList();
      assertThat(score.accuracy().value()).isCloseTo(right(own), within(1e-12));
      assertThat(score.bySeverity().values())
          .allSatisfy(r -> assertThat(r.value()).isGreaterThanOrEqualTo(score.worst().value()));
      lowest = Math.min(lowest, score.accuracy().value());
    }
    CorruptionScore worst = Objects.requireNonNull(scores.types().get(scores.worst()));
    assertThat(worst.accuracy().value()).isEqualTo(lowest);
    assertThat(card.robustAccuracy()).as("no adversary").isNull();
    assertThat(card.timing()).containsKeys("clean", "corruptions");
  }

  private static boolean all(List<Attempt> rows, long sample) {
    return rows.stream()
        .filter(r -> r.sampleId() == sample)
        .allMatch(r -> r.outcome() == Outcome.CORRECT);
  }

  private static double right(List<Attempt> rows) {
    return rows.stream().filter(r -> r.prediction() == r.label()).count() / (double) rows.size();
  }

  @Test
  void accuracyFallsWithSeverity() {
    CorruptionScores scores = Objects.requireNonNull(evaluation().on(TEST).card().corruptions());
    double mild = Objects.requireNonNull(scores.bySeverity().get(1)).value();
    double middle = Objects.requireNonNull(scores.bySeverity().get(3)).value();
    double severe = Objects.requireNonNull(scores.bySeverity().get(5)).value();
    assertThat(scores.clean().value()).isGreaterThanOrEqualTo(mild);
    assertThat(mild).isGreaterThan(middle);
    assertThat(middle).isGreaterThan(severe);
  }

  @Test
  void aRowCanBeMadeAgainFromSampleTypeSeverityAndSeed() {
    List<Attempt> rows = list(evaluation().on(TEST).rows());
    int checked = 0;
    try (Scope scope = Scope.open()) {
      for (Attempt row : rows) {
        if (row.kind() == Kind.CORRUPTION && row.sampleId() % 10 == 0) {
          int index = indexOf(row.sampleId());
          float[] clean = TEST.read(index);
          Seed own = new Seed(row.seed()).split("corruptions").split(row.sampleId());
          float[] variables = {
            Corruption.ofKey(row.attempt()).orElseThrow().number(),
            (float) row.epsilon(),
            CommonCorruptions.draw(own)
          };
          long[] shape = TEST.info().shapeArray();
          float[] x = CommonCorruptions.corrupt(clean, shape, variables, Domain.UNIT);
          double l2 = Distances.between(widen(clean), widen(x)).l2();
          assertThat(row.l2()).isEqualTo(l2);
          long answer = MODEL.logits(Tensors.of(x, 1, 1, 28, 28)).argmax(1).toLongs()[0];
          assertThat((long) row.prediction()).isEqualTo(answer);
          checked++;
        }
      }
    }
    assertThat(checked).isGreaterThan(300);
  }

  private static int indexOf(long id) {
    for (int i = 0; i < TEST.size(); i++) {
      if (TEST.id(i) == id) {
        return i;
      }
    }
    throw new AssertionError(id);
  }

  private static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @Test
  void aStoppedRunOnTwoWorkersEndsWithTheSameLedger(@TempDir Path folder) {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    evaluation().folder(whole).on(TEST);
    Stopper stopper = Stopper.manual();
    Evaluation two = evaluation().workers(2).folder(parts);
    assertThatThrownBy(() -> two.stopper(stopper).progress(new StopAfter(stopper, 4)).on(TEST))
        .isInstanceOf(RunInterruptedException.class);
    two.resume(true).on(TEST);
    assertThat(parts.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(whole.resolve("ledger.parquet"));
  }

  @Test
  void corruptionsLeaveAttacksAndTheirMeansAlone() {
    Evaluation attacked = Suite.evaluation();
    Scorecard without = attacked.on(TEST).card();
    CorruptionBenchmark few =
        new CorruptionBenchmark(30, List.of(Corruption.SATURATE, Corruption.FOG), List.of(5, 2));
    Scorecard with = attacked.corruptions(few).on(TEST).card();
    assertThat(with.robustAccuracy()).isEqualTo(without.robustAccuracy());
    assertThat(with.attacks()).isEqualTo(without.attacks());
    assertThat(with.calibration()).isEqualTo(without.calibration());
    CorruptionScores scores = Objects.requireNonNull(with.corruptions());
    assertThat(scores.types().keySet()).as("grey images have no saturation").containsExactly("fog");
    assertThat(scores.bySeverity().keySet()).containsExactly(2, 5);
  }

  @Test
  void theEstimateKnowsThem() {
    assertThat(evaluation().estimate(TEST).phases().get("corruptions")).isPositive();
    assertThat(
            evaluation().corruptions(CorruptionBenchmark.standard(200_000)).estimate(TEST).phases())
        .hasEntrySatisfying(
            "corruptions", s -> assertThat(s).as("no more samples than there are").isLessThan(600));
  }

  @Test
  void badBenchmarksAreRefused() {
    assertThatThrownBy(() -> CorruptionBenchmark.standard(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CorruptionBenchmark(5, Corruption.COMMON, List.of(6)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CorruptionBenchmark(5, List.of(), List.of(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
