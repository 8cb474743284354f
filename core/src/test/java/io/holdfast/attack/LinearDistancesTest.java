package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * On a linear classifier the smallest change is known: the distance to the nearest boundary, the
 * logit difference over the dual norm of its slopes. Points are far from the faces of the box.
 */
class LinearDistancesTest {
  private static final int CLASSES = 4;
  private static final int SIZE = 12;
  private static final int POINTS = 40;
  private static final double LEAST = 0.06; // far enough for steps of fixed length
  private static final double MOST = 0.3; // within the box

  private final float[] weights = new float[CLASSES * SIZE];
  private final float[] points = new float[POINTS * SIZE];
  private final int[] labels = new int[POINTS];

  LinearDistancesTest() {
    RandomGenerator random = new Seed(8).generator();
    for (int k = 0; k < CLASSES; k++) { // rows of sum 0: all classes are equally likely at 0.5
      double sum = 0;
      for (int j = 0; j < SIZE; j++) {
        weights[k * SIZE + j] = (float) (20 * random.nextGaussian());
        sum += weights[k * SIZE + j];
      }
      for (int j = 0; j < SIZE; j++) {
        weights[k * SIZE + j] -= (float) (sum / SIZE);
      }
    }
    for (int i = 0; i < POINTS; i++) {
      do {
        draw(i, random);
      } while (nearest(i, Norm.L2) < LEAST || nearest(i, Norm.L1) > MOST);
    }
  }

  private void draw(int point, RandomGenerator random) {
    for (int j = 0; j < SIZE; j++) {
      points[point * SIZE + j] = (float) (0.5 + 0.06 * random.nextGaussian());
    }
    labels[point] = 0;
    for (int k = 1; k < CLASSES; k++) {
      labels[point] = gap(point, k, labels[point]) > 0 ? k : labels[point];
    }
  }

  /** The logit of class a over that of class b. */
  private double gap(int point, int a, int b) {
    double gap = 0;
    for (int j = 0; j < SIZE; j++) {
      double slope = (double) weights[a * SIZE + j] - weights[b * SIZE + j];
      gap += slope * points[point * SIZE + j];
    }
    return gap;
  }

  private double distance(int point, int rival, Norm norm) {
    double sum = 0;
    double squares = 0;
    double largest = 0;
    for (int j = 0; j < SIZE; j++) {
      double slope =
          Math.abs((double) weights[rival * SIZE + j] - weights[labels[point] * SIZE + j]);
      sum += slope;
      squares += slope * slope;
      largest = Math.max(largest, slope);
    }
    double dual = norm == Norm.LINF ? sum : norm == Norm.L2 ? Math.sqrt(squares) : largest;
    return -gap(point, rival, labels[point]) / dual;
  }

  private double nearest(int point, Norm norm) {
    return IntStream.range(0, CLASSES)
        .filter(k -> k != labels[point])
        .mapToDouble(k -> distance(point, k, norm))
        .min()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "deepfool[overshoot=0.01]; l2; 1.02",
        "deepfool[overshoot=0.01]; linf; 1.02",
        "ddn[steps=300,length=0.1]; l2; 1.02",
        "fmn[steps=300,stride=0.05]; linf; 1.04",
        "fmn[steps=300,stride=0.2]; l2; 1.02",
        "fmn[steps=300,stride=0.2]; l1; 1.02",
        "fab[steps=30,eta=1.01]; linf; 1.02",
        "fab[steps=30,eta=1.01]; l2; 1.02",
        "fab[steps=30,eta=1.01]; l1; 1.02",
        "cw[steps=200,rate=0.005,weight=0.01]; l2; 1.05",
      })
  void findsTheNearestBoundary(String attack, String norm, double most) {
    Norm in = Norm.ofKey(norm).orElseThrow();
    ThreatModel any = ThreatModel.smallest(in);
    List<AttackResult.Sample> samples = run(attack, any);
    double ratios = 0;
    for (int i = 0; i < POINTS; i++) {
      double nearest = nearest(i, in);
      AttackResult.Sample sample = samples.get(i);
      assertThat(sample.outcome()).as("point %d", i).isEqualTo(Outcome.FELL);
      assertThat(sample.distances().in(in)).as("point %d", i).isGreaterThan(nearest * 0.999 - 1e-6);
      ratios += Math.min(sample.distances().in(in) / nearest, 2);
    }
    assertThat(ratios / POINTS).as("mean over the smallest").isLessThanOrEqualTo(most);
    assertThat(run(attack, any.wanting(Goal.target(1))))
        .filteredOn(s -> s.label() != 1)
        .allMatch(s -> s.outcome() == Outcome.FELL && s.prediction() == 1);
  }

  private List<AttackResult.Sample> run(String attack, ThreatModel threat) {
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      return new AttackDriver(new LinearModel(CLASSES, weights), threat, workers)
          .run(
              Attacks.parse(attack),
              Tensors.of(points, POINTS, SIZE),
              labels,
              LongStream.range(0, POINTS).toArray(),
              new Seed(5))
          .samples();
    }
  }
}
