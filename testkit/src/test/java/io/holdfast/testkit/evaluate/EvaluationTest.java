package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.MODEL;
import static io.holdfast.testkit.evaluate.Suite.TEST;
import static io.holdfast.testkit.evaluate.Suite.evaluation;
import static io.holdfast.testkit.evaluate.Suite.list;
import static io.holdfast.testkit.evaluate.Suite.withCurve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Estimate;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.record.Attempt;
import io.holdfast.record.CurvePoint;
import io.holdfast.record.Example;
import io.holdfast.record.Examples;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import io.holdfast.threat.Union;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  @Test
  void theScorecardHasTheKeysThatScriptsRelyOn(@TempDir Path folder) throws IOException {
    EvaluationResult result = evaluation().folder(folder).on(TEST);
    JsonNode card = Json.read(folder.resolve("scorecard.json"));
    for (JsonNode rate :
        List.of(
            card.at("/clean_accuracy"),
            card.at("/robust_accuracy"),
            card.at("/attacks/fgsm/robust_accuracy"),
            card.at("/attacks/pgd[steps=5, restarts=2]/robust_accuracy"))) {
      assertThat(rate.path("value").isNumber()).isTrue();
      assertThat(rate.path("n").asInt()).isEqualTo(150);
      assertThat(rate.path("ci95").size()).isEqualTo(2);
    }
    assertThat(card.at("/attacks/fgsm/seen_in_training").asBoolean()).isTrue(); // as PGD
    assertThat(card.at("/attacks/pgd[steps=5, restarts=2]/seen_in_training").asBoolean()).isTrue();
    assertThat(card.at("/timing").size()).isEqualTo(3);
    assertThat(card.at("/provenance/data_hashes/evaluation").asText())
        .isEqualTo(TEST.contentHash());
    Scorecard read = Scorecard.read(folder.resolve("scorecard.json"));
    assertThat(read.toJson()).isEqualTo(result.card().toJson());
    assertThat(read.cleanAccuracy().value()).isBetween(0.5, 0.9);
    assertThat(read.robustAccuracy()).isNotNull();
    assertThat(read.robustAccuracy().value()).isBetween(0.02, read.cleanAccuracy().value() - 0.1);
    assertThat(read.flags()).singleElement().asString().startsWith("no unseen attack");
    assertThat(list(Ledger.read(folder).rows())).hasSize(450).isEqualTo(list(result.rows()));
    assertThat(MetricsLog.read(folder.resolve("metrics.jsonl"))).hasSize(9);
  }

  @Test
  void withinAUnionEachPointIsInSomeMember(@TempDir Path folder) throws IOException {
    ThreatModel union =
        ThreatModel.of(
            new Union(List.of(new Additive(Norm.LINF, 0.05), new Additive(Norm.L2, 1.5))));
    EvaluationResult result =
        Evaluation.of(MODEL).against(union).with(Pgd.steps(5)).folder(folder).on(TEST.first(60));
    List<Attempt> attacked =
        list(Ledger.read(folder).rows()).stream()
            .filter(row -> row.kind() == Kind.VERDICT && row.outcome() != Outcome.SKIPPED_WRONG)
            .toList();
    assertThat(attacked)
        .allSatisfy(
            row -> assertThat(row.linf() <= 0.05 * 1.00001 || row.l2() <= 1.50001).isTrue());
    assertThat(attacked).anySatisfy(row -> assertThat(row.linf()).isGreaterThan(0.06));
    assertThat(result.card().robustAccuracy()).isNotNull();
  }

  @Test
  void oneAndTwoWorkersGiveTheSameLedger(@TempDir Path folder) throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    Evaluation both = withCurve();
    EvaluationResult a = both.folder(one).on(TEST);
    EvaluationResult b = both.folder(two).workers(2).on(TEST);
    assertThat(two.resolve("ledger.parquet")).hasSameBinaryContentAs(one.resolve("ledger.parquet"));
    assertThat(two.resolve("examples.jsonl")).hasSameBinaryContentAs(one.resolve("examples.jsonl"));
    assertThat(b.card().withoutTiming()).isEqualTo(a.card().withoutTiming());
  }

  @Test
  void aStoppedRunGoesOnToTheSameLedger(@TempDir Path folder) throws IOException {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    Evaluation both = withCurve();
    EvaluationResult expected = both.folder(whole).on(TEST);
    int stops = 0;
    EvaluationResult result = null;
    while (result == null) {
      Stopper stopper = Stopper.manual();
      int last = stops;
      try {
        result =
            both.folder(parts)
                .resume(true)
                .stopper(stopper)
                .progress(new StopAfter(stopper, 1 + last % 2))
                .on(TEST);
      } catch (RunInterruptedException e) {
        stops++;
      }
      assertThat(stops).isLessThan(20);
    }
    assertThat(stops).isBetween(5, 11);
    assertThat(result.card().withoutTiming()).isEqualTo(expected.card().withoutTiming());
    for (String file : List.of("ledger.parquet", "examples.jsonl")) {
      assertThat(parts.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    Scorecard again = both.folder(parts).resume(true).on(TEST).card();
    assertThat(again.withoutTiming()).isEqualTo(expected.card().withoutTiming());
    assertThat(parts.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(whole.resolve("ledger.parquet"));
    assertThat(Files.exists(parts.resolve("ledger.d"))).isFalse();
  }

  /** How many samples of the second attack were done when a figure came, and the figure. */
  private record Figure(long done, double share) {}

  @Test
  void figuresMoveWhileAChunkIsUnderWay() {
    List<Figure> figures = new ArrayList<>();
    Progress watching =
        (title, total, unit) ->
            new Progress.Task() {
              private long done;

              @Override
              public void advance(long n) {
                done += n;
              }

              @Override
              public void stat(String name, double value) {
                if (title.startsWith("pgd")) {
                  figures.add(new Figure(done, value));
                }
              }
            };
    Scorecard card = evaluation().progress(watching).on(TEST).card();
    List<Double> first =
        figures.stream().filter(f -> f.done <= Suite.CHUNK).map(Figure::share).toList();
    assertThat(first).as("after the clean look, two rounds, and the end").hasSize(4);
    assertThat(first).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(first.get(0)).isGreaterThan(first.get(3));
    assertThat(first.get(2)).as("who stands after the last round holds").isEqualTo(first.get(3));
    assertThat(figures).hasSize(12);
    for (int chunk = 1; chunk < 3; chunk++) {
      double before = figures.get(4 * chunk - 1).share;
      double begun = figures.get(4 * chunk).share;
      assertThat(begun).as("few fall by the clean look alone").isGreaterThan(before);
      assertThat(figures.get(4 * chunk + 2).share).isEqualTo(figures.get(4 * chunk + 3).share);
    }
    assertThat(figures.get(11).done).isEqualTo(TEST.size());
    assertThat(figures.get(11).share)
        .isEqualTo(
            Objects.requireNonNull(card.attacks().get("pgd[steps=5, restarts=2]"))
                .robustAccuracy()
                .value());
  }

  @Test
  void anotherModelOrOtherSettingsCannotGoOn(@TempDir Path folder) {
    evaluation().folder(folder).on(TEST);
    assertThatThrownBy(() -> evaluation().seed(4).folder(folder).resume(true).on(TEST))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("seed: expected 4, found 3");
    Evaluation other = evaluation(new MeansModel(FashionMnist.train().first(500), 1));
    assertThatThrownBy(() -> other.folder(folder).resume(true).on(TEST))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model")
        .hasMessageContaining("use another folder");
    assertThat(other.folder(folder).on(TEST).card().cleanAccuracy().n()).isEqualTo(150);
  }

  @Test
  void theCurveNeverRisesAndSpendsNothingOnWhatFell() {
    EvaluationResult result =
        evaluation()
            .curve(new RobustnessCurve(NamedAttack.of(Pgd.steps(3)), 90, RobustnessCurve.FACTORS))
            .on(TEST);
    List<Attempt> curve = list(result.rows()).stream().filter(r -> r.kind() == Kind.CURVE).toList();
    assertThat(curve).hasSize(6 * 90);
    Map<Long, TreeMap<Double, Attempt>> bySample = new HashMap<>();
    curve.forEach(
        r -> bySample.computeIfAbsent(r.sampleId(), i -> new TreeMap<>()).put(r.epsilon(), r));
    int carried = 0;
    for (TreeMap<Double, Attempt> radii : bySample.values()) {
      boolean fell = false;
      for (Attempt row : radii.values()) {
        if (fell) {
          assertThat(row.outcome()).isEqualTo(Outcome.FELL);
          assertThat(row.queries()).isZero();
          carried++;
        }
        fell = row.outcome() == Outcome.FELL;
        assertThat(row.linf()).isLessThanOrEqualTo(row.epsilon() + 1e-6);
      }
    }
    assertThat(carried).isPositive();
    assertThat(bySample.values().iterator().next().keySet())
        .containsExactly(0.0125, 0.025, 0.0375, 0.05, 0.075, 0.1);
    assertThat(result.card().curve())
        .extracting(CurvePoint::epsilon)
        .containsExactly(0.0, 0.0125, 0.025, 0.0375, 0.05, 0.075, 0.1);
    long right = bySample.values().stream().filter(r -> attacked(r.get(0.0125))).count();
    assertThat(result.card().curve().get(0).robustAccuracy())
        .isEqualTo(Rate.of(right, bySample.size()));
  }

  private static boolean attacked(@Nullable Attempt row) {
    return row != null && row.outcome() != Outcome.SKIPPED_WRONG;
  }

  @Test
  void timesOfAResumedEvaluationAreThoseOfAllItsRuns(@TempDir Path folder) {
    Map<String, Double> whole = evaluation().folder(folder).on(TEST).card().timing();
    Map<String, Double> again = evaluation().folder(folder).resume(true).on(TEST).card().timing();
    assertThat(again).isEqualTo(whole).isNotEmpty();
    assertThat(again.values()).allMatch(seconds -> seconds > 0);
  }

  @Test
  void examplesShowSomeThatFellAndSomeThatHeldOfManyClasses(@TempDir Path folder) {
    EvaluationResult result = evaluation().folder(folder).on(TEST);
    List<Example> examples = result.examples();
    assertThat(examples).hasSize(24).isEqualTo(Examples.read(folder.resolve("examples.jsonl")));
    assertThat(examples.stream().filter(Example::fooled).count()).isBetween(4L, 20L);
    assertThat(examples.stream().map(Example::label).distinct().count()).isGreaterThan(7);
    assertThat(examples).allSatisfy(e -> assertThat(e.cleanPrediction()).isEqualTo(e.label()));
    assertThat(examples).allSatisfy(e -> agrees(e, result.rows()));
    assertThat(evaluation().examples(0).on(TEST).examples()).isEmpty();
  }

  /**
   * These attacks look at each sample alone, so that the second run is the first, but for rounding.
   */
  private static void agrees(Example e, Iterable<Attempt> rows) {
    Attempt row =
        list(rows).stream()
            .filter(r -> r.kind() == Kind.VERDICT)
            .filter(r -> r.sampleId() == e.sampleId() && r.attempt().equals(e.attack()))
            .findFirst()
            .orElseThrow();
    Example.Search search = Objects.requireNonNull(e.search());
    assertThat(search.trueConfidence()).isCloseTo(row.trueConfidence(), within(1e-3));
    assertThat(List.of(search.queries(), search.gradients()))
        .containsExactly(row.queries(), row.gradients());
  }

  @Test
  void badSettingsAreRefusedTogether() {
    Evaluation bad =
        Evaluation.of(MODEL)
            .with(Pgd.steps(3), Pgd.steps(3))
            .trainedOn("pgd")
            .unseen("pgd[steps=3]");
    assertThatThrownBy(() -> bad.chunk(0).on(TEST))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("threat")
        .hasMessageContaining("keys of their own")
        .hasMessageContaining("chunk")
        .hasMessageContaining("was not trained on");
    assertThatThrownBy(() -> evaluation().on(TEST.subset(1, 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("each sample once");
  }

  @Test
  void theEstimateGrowsWithTheWorkAndBoundsTheCost() {
    Estimate few = evaluation().curve(RobustnessCurve.standard(70)).estimate(TEST);
    assertThat(few.phases().keySet())
        .containsExactly("clean", "fgsm", "pgd[steps=5, restarts=2]", "curve");
    assertThat(few.phases().values()).allSatisfy(s -> assertThat(s).isPositive());
    assertThat(few.phases().get("curve")).isGreaterThan(few.phases().get("fgsm"));
    assertThat(few.seconds()).isLessThan(60);
    assertThat(few.bytes()).isGreaterThan(1 << 20);
    assertThatThrownBy(() -> evaluation().chunk(0).estimate(TEST))
        .isInstanceOf(InvalidInputException.class);
  }
}
