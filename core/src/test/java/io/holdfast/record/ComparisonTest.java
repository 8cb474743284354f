package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  /** Newcombe 1998, independent proportions, table II, method 10. */
  @Test
  void publishedUnpairedIntervals() {
    assertUnpaired(56, 70, 48, 80, 0.0524, 0.3339);
    assertUnpaired(9, 10, 3, 10, 0.1705, 0.8090);
    assertUnpaired(10, 10, 0, 20, 0.6791, 1.0000);
  }

  private static void assertUnpaired(long k1, long n1, long k2, long n2, double lo, double hi) {
    Difference difference = Difference.unpaired(Rate.of(k2, n2), Rate.of(k1, n1));
    assertThat(difference.ci95().get(0)).isCloseTo(lo, within(5e-5));
    assertThat(difference.ci95().get(1)).isCloseTo(hi, within(5e-5));
  }

  /** The chance that a paired interval covers the truth, summed over all tables of 20 samples. */
  @Test
  void pairedIntervalsCoverTheTruth() {
    for (double[] p : new double[][] {{.4, .2, .1, .3}, {.7, .1, .1, .1}, {.5, .05, .25, .2}}) {
      assertThat(coverage(20, p)).isBetween(0.93, 0.995);
    }
  }

  private static double coverage(int n, double[] p) {
    double truth = p[2] - p[1];
    double covered = 0;
    for (int both = 0; both <= n; both++) {
      for (int first = 0; first <= n - both; first++) {
        for (int second = 0; second <= n - both - first; second++) {
          int neither = n - both - first - second;
          Difference d = Difference.paired(both, first, second, neither);
          if (d.ci95().get(0) <= truth && truth <= d.ci95().get(1)) {
            covered += chance(new int[] {both, first, second, neither}, p);
          }
        }
      }
    }
    return covered;
  }

  private static double chance(int[] counts, double[] p) {
    double log = 0;
    int n = 0;
    for (int i = 0; i < counts.length; i++) {
      for (int k = 1; k <= counts[i]; k++) {
        log += Math.log(p[i]) + Math.log(++n) - Math.log(k);
      }
    }
    return Math.exp(log);
  }

  @Test
  void mcnemarIsTheExactBinomialTest() {
    assertThat(Difference.paired(5, 1, 5, 2).mcnemar()).isCloseTo(14.0 / 64, within(1e-12));
    assertThat(Difference.paired(5, 3, 3, 2).mcnemar()).isEqualTo(1);
    assertThat(Difference.paired(5, 0, 0, 2).mcnemar()).isEqualTo(1);
    assertThat(Difference.paired(0, 0, 10, 0).mcnemar()).isCloseTo(2.0 / 1024, within(1e-12));
  }

  @Test
  void theSameSamplesAreComparedOneByOne() {
    List<Attempt> first = Rows.evaluation(new Seed(1).generator(), 300, 4);
    List<Attempt> second = new ArrayList<>();
    for (Attempt row : first) {
      boolean fixed = row.kind() == Kind.VERDICT && row.sampleId() < 31 * 60;
      second.add(fixed && row.outcome() == Outcome.FELL ? held(row) : row);
    }
    Comparison paired = Comparison.of(first, second);
    Comparison unpaired =
        Comparison.of(
            Scorecard.of(first, ScorecardTest.CONTEXT),
            Scorecard.of(second, ScorecardTest.CONTEXT));
    assertThat(paired.cleanAccuracy().value()).isZero();
    Difference narrow = Objects.requireNonNull(paired.robustAccuracy());
    Difference wide = Objects.requireNonNull(unpaired.robustAccuracy());
    assertThat(narrow.value()).isEqualTo(wide.value()).isPositive();
    assertThat(width(narrow)).isLessThan(0.7 * width(wide));
    assertThat(narrow.clear()).isTrue();
    assertThat(paired.attacks()).containsOnlyKeys(Rows.ATTACKS);
    assertThat(Json.parse(paired.toJson(), "c", Comparison.class)).isEqualTo(paired);
  }

  @Test
  void calibrationErrorsAreThoseOfTheScorecards() {
    List<Attempt> first = Rows.evaluation(new Seed(1).generator(), 200, 4);
    List<Attempt> second = Rows.evaluation(new Seed(2).generator(), 150, 4);
    Scorecard a = Scorecard.of(first, ScorecardTest.CONTEXT);
    Scorecard b = Scorecard.of(second, ScorecardTest.CONTEXT);
    Map<String, CalibrationDifference> of = Comparison.of(first, second).calibration();
    Map<String, CalibrationDifference> cards = Comparison.of(a, b).calibration();
    assertThat(of).containsOnlyKeys("clean", "attacked");
    of.forEach(
        (key, d) -> {
          CalibrationDifference card = Objects.requireNonNull(cards.get(key));
          assertThat(d.first()).isCloseTo(card.first(), within(1e-12));
          assertThat(d.second()).isCloseTo(card.second(), within(1e-12));
          assertThat(d.value()).isCloseTo(card.value(), within(1e-12));
          assertThat(d.paired()).isFalse();
          assertThat(d.ci95()).isNotNull();
          assertThat(card.ci95()).isNull();
          assertThat(card.clear()).isFalse();
        });
    Collections.shuffle(first, new Random(3));
    assertThat(Comparison.of(first, second).calibration()).isEqualTo(of);
    assertThat(Comparison.of(first, first).calibration().values())
        .allSatisfy(d -> assertThat(d.ci95()).containsExactly(0.0, 0.0));
  }

  /**
   * Where confidences are constant and too high, the error is a mean, whose interval is known: 1.96
   * standard errors to each side.
   */
  @Test
  void calibrationIntervalsOfMeansAreThoseOfMeans() {
    RandomGenerator random = new Seed(5).generator();
    int n = 400;
    List<Attempt> first = new ArrayList<>();
    List<Attempt> second = new ArrayList<>();
    double[] differences = new double[n];
    for (int i = 0; i < n; i++) {
      double luck = random.nextDouble(); // shared, so that pairs agree
      boolean a = luck < 0.8;
      boolean b = 0.8 * luck + 0.2 * random.nextDouble() < 0.5;
      first.add(clean(i, 0.95f, a));
      second.add(clean(i, 0.75f, b));
      differences[i] = (0.75 - (b ? 1 : 0)) - (0.95 - (a ? 1 : 0));
    }
    CalibrationDifference paired = calibration(first, second);
    double mean = Arrays.stream(differences).average().orElseThrow();
    double squares = Arrays.stream(differences).map(d -> (d - mean) * (d - mean)).sum();
    double half = 1.96 * Math.sqrt(squares / n / n);
    assertThat(paired.paired()).isTrue();
    assertThat(paired.value()).isCloseTo(mean, within(1e-6));
    List<Double> ends = Objects.requireNonNull(paired.ci95());
    assertThat(ends.get(0)).isCloseTo(mean - half, within(0.1 * half));
    assertThat(ends.get(1)).isCloseTo(mean + half, within(0.1 * half));
    assertThat(paired.clear()).isTrue();
    List<Attempt> others = new ArrayList<>();
    second.forEach(row -> others.add(clean(row.sampleId() + n, 0.75f, row.right())));
    CalibrationDifference unpaired = calibration(first, others);
    assertThat(unpaired.value()).isEqualTo(paired.value());
    List<Double> wide = Objects.requireNonNull(unpaired.ci95());
    assertThat(ends.get(1) - ends.get(0)).isLessThan(0.8 * (wide.get(1) - wide.get(0)));
  }

  private static CalibrationDifference calibration(List<Attempt> first, List<Attempt> second) {
    return Objects.requireNonNull(Comparison.of(first, second).calibration().get("clean"));
  }

  private static Attempt clean(long id, float confidence, boolean right) {
    return Attempt.clean(id, 0).predicted(right ? 0 : 1, confidence, 0.1f).build();
  }

  @Test
  void otherSamplesAreComparedAsProportions() {
    List<Attempt> first = Rows.evaluation(new Seed(1).generator(), 30, 4);
    List<Attempt> second = Rows.evaluation(new Seed(2).generator(), 40, 4);
    second.removeIf(row -> row.attempt().equals("square"));
    Comparison comparison = Comparison.of(first, second);
    assertThat(comparison.cleanAccuracy().paired()).isFalse();
    assertThat(comparison.onlyFirst()).containsExactly("square");
    assertThat(comparison.onlySecond()).isEmpty();
  }

  private static double width(Difference difference) {
    return difference.ci95().get(1) - difference.ci95().get(0);
  }

  private static Attempt held(Attempt row) {
    return Attempt.of(row.kind(), row.attempt(), row.sampleId(), row.label())
        .threat(row.threat(), row.epsilon())
        .outcome(Outcome.HELD)
        .predicted(row.label(), 0.9f, 0.9f)
        .build();
  }

  /** Without some verdicts those that are there are the ones that fell first. */
  @Test
  void whatWasNotJudgedToTheEndIsNotCompared() {
    List<Attempt> whole = Rows.evaluation(new Seed(1).generator(), 50, 4);
    List<Attempt> cut = new ArrayList<>(whole);
    String attack = Rows.ATTACKS.get(1);
    long missing = whole.get(0).sampleId();
    cut.removeIf(
        row ->
            row.kind() == Kind.VERDICT
                && row.attempt().equals(attack)
                && row.sampleId() == missing);
    Comparison comparison = Comparison.of(whole, cut);
    assertThat(comparison.incomplete()).containsExactly(attack);
    assertThat(comparison.attacks()).containsOnlyKeys(Rows.ATTACKS.get(0), Rows.ATTACKS.get(2));
    assertThat(comparison.robustAccuracy()).isNull();
    assertThat(comparison.calibration()).containsOnlyKeys("clean");
    assertThat(Comparison.of(whole, whole).incomplete()).isEmpty();
  }
}
