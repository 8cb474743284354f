package io.holdfast.attack.blackbox.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the walks are made of, against slow and obvious versions. */
class DecisionPiecesTest {
  private static final Seed SEED = new Seed(8);

  private static float[] image(Seed seed, int size) {
    RandomGenerator random = seed.generator();
    float[] x = new float[size];
    for (int i = 0; i < size; i++) {
      x[i] = random.nextFloat();
    }
    return x;
  }

  /** The transform by its definition, one coefficient at a time. */
  private static double coefficient(float[] x, Space space, int c, int f, int g) {
    double sum = 0;
    for (int i = 0; i < space.height(); i++) {
      for (int j = 0; j < space.width(); j++) {
        double value = x[(c * space.height() + i) * space.width() + j];
        sum +=
            value
                * Math.cos(Math.PI * (2 * i + 1) * f / (2.0 * space.height()))
                * Math.cos(Math.PI * (2 * j + 1) * g / (2.0 * space.width()));
      }
    }
    double rows = f == 0 ? 1 : 2;
    double columns = g == 0 ? 1 : 2;
    return sum * Math.sqrt(rows * columns / (space.height() * (double) space.width()));
  }

  @ParameterizedTest
  @CsvSource({"1, 7, 9, 0.5", "3, 5, 4, 1", "2, 8, 8, 0.01", "1, 1, 13, 0.3"})
  void coefficientsAreThoseOfTheCosineTransform(int c, int h, int w, double share) {
    Space space = Oracle.space(Norm.L2, c, h, w);
    Frequencies low = new Frequencies(space, share);
    int rows = Math.max(1, (int) Math.round(h * share));
    int columns = Math.max(1, (int) Math.round(w * share));
    assertThat(low.size()).isEqualTo(c * rows * columns);
    float[] x = image(SEED, space.size());
    float[] found = low.of(x);
    for (int k = 0; k < c; k++) {
      for (int f = 0; f < rows; f++) {
        for (int g = 0; g < columns; g++) {
          assertThat((double) found[(k * rows + f) * columns + g])
              .isCloseTo(coefficient(x, space, k, f, g), within(1e-5));
        }
      }
    }
  }

  /** A direction has the length of its coefficients, and nothing beyond the kept frequencies. */
  @Test
  void directionsOfLowFrequenciesHaveNoOthers() {
    Space space = Oracle.space(Norm.L2, 2, 10, 6);
    Frequencies low = new Frequencies(space, 0.4);
    Frequencies every = new Frequencies(space, 1);
    try (Scope scope = Scope.open()) {
      float[] sizes = new float[low.size()];
      Arrays.fill(sizes, 0.5f);
      List<float[]> drawn =
          List.of(
              low.normal(Rng.of(SEED), 1).toFloats(),
              low.ternary(Rng.of(SEED), 1, sizes).toFloats());
      for (float[] direction : drawn) {
        float[] kept = low.of(direction);
        assertThat(Vectors.length(Norm.L2, kept))
            .isCloseTo(Vectors.length(Norm.L2, direction), within(1e-4))
            .isCloseTo(Vectors.length(Norm.L2, every.of(direction)), within(1e-4));
      }
      for (float value : low.of(drawn.get(1))) {
        assertThat(Math.abs(value) < 1e-5 || Math.abs(Math.abs(value) - 0.5) < 1e-5).isTrue();
      }
    }
  }

  @Test
  void directionsDependOnTheSeedAlone() {
    try (Scope scope = Scope.open()) {
      Directions a = Directions.normal(SEED, 5000);
      Directions b = Directions.normal(SEED, 5000);
      float[] last = {};
      for (int i = 0; i < 20; i++) {
        float[] next = a.next();
        assertThat(next).isEqualTo(b.next()).isNotEqualTo(last);
        last = next;
      }
      assertThat(Directions.normal(new Seed(9), 5000).next()).isNotEqualTo(a.next());
    }
  }

  /** The estimate of Chen et al. 2020, equation 12, with all directions in memory. */
  @ParameterizedTest
  @CsvSource({"0.02, 500", "10, 70", "-10, 70"})
  void normalsAreTheWeightedMeanOfDirections(double level, int number) {
    Space space = Oracle.space(Norm.L2, 1, 6, 6);
    float[] at = Oracle.middle(36);
    float[] w = image(SEED, 36);
    double b = Vectors.dot(w, at) - level;
    float[][] found = new float[1][];
    List<float[]> us = new ArrayList<>();
    List<Integer> phi = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      Step step =
          new NormalEstimate(
                  space,
                  at,
                  0.1,
                  Directions.normal(SEED, 36),
                  normal -> {
                    found[0] = normal;
                    return Step.END;
                  })
              .ask(number);
      while (!step.points().isEmpty()) {
        boolean[] answers = new boolean[step.points().size()];
        for (int i = 0; i < answers.length; i++) {
          answers[i] = Vectors.dot(w, step.points().get(i)) > b;
          float[] u = Vectors.difference(step.points().get(i), at);
          assertThat(Vectors.length(Norm.L2, u)).isCloseTo(0.1, within(1e-5));
          us.add(u);
          phi.add(answers[i] ? 1 : -1);
        }
        step = step.then().apply(answers);
      }
    }
    assertThat(us).hasSize(number);
    double mean = phi.stream().mapToInt(p -> p).average().orElseThrow();
    float[] expected = new float[36];
    for (int i = 0; i < number; i++) {
      double weight = Math.abs(mean) == 1 ? mean : phi.get(i) - mean;
      Vectors.add(expected, us.get(i), weight);
    }
    Vectors.normalise(Norm.L2, expected);
    assertThat(Vectors.distance(Norm.L2, found[0], expected)).isLessThan(1e-4);
    if (Math.abs(mean) < 1) {
      assertThat(Vectors.dot(found[0], w) / Vectors.length(Norm.L2, w)).isGreaterThan(0.8);
    }
  }

  @Test
  void towardsMovesAllValuesAtOnceInLinf() {
    Space space = Oracle.space(Norm.LINF, 1, 1, 3);
    float[] from = {0.5f, 0.5f, 0.5f};
    float[] to = {0.9f, 0.4f, 0.5f};
    assertThat(Trail.towards(space, from, to).at(0.5)).containsExactly(0.7f, 0.4f, 0.5f);
    assertThat(Trail.towards(space, from, to).at(1)).containsExactly(0.9f, 0.4f, 0.5f);
    assertThat(Trail.line(space, from, to).at(0.5)).containsExactly(0.7f, 0.45f, 0.5f);
    assertThat(Trail.ray(space, from, to).at(1)).containsExactly(1, 0.9f, 1);
  }

  /** Trails begin at the clean input and only lead away; salt and pepper is one or the other. */
  @ParameterizedTest
  @EnumSource
  void trailsLeadAway(Start start) {
    Space space = Oracle.space(Norm.L2, 3, 4, 5);
    float[] clean = image(SEED, 60);
    List<float[]> images = List.of(image(SEED.split(1), 60), image(SEED.split(2), 60));
    try (Scope scope = Scope.open()) {
      Trails trails = new Trails(space, clean, start, false, SEED, () -> images);
      int number = 0;
      for (@Nullable Trail trail = trails.next(); trail != null; trail = trails.next()) {
        double last = 0;
        assertThat(trail.at(0)).isEqualTo(clean);
        for (double amount : new double[] {0.1, 0.3, 0.6, 1}) {
          float[] point = trail.at(amount);
          double now = space.distance(clean, point);
          assertThat(now).isGreaterThanOrEqualTo(last);
          last = now;
          for (int i = 0; i < 60 && start == Start.SALT_AND_PEPPER; i++) {
            assertThat(point[i] == clean[i] || point[i] == 0 || point[i] == 1).isTrue();
          }
        }
        assertThat(last).isPositive();
        number++;
      }
      assertThat(number).isEqualTo(start == Start.IMAGES ? 2 : start == Start.AUTO ? 252 : 250);
    }
  }

  /** Towards a class its images come first; else after some noise. */
  @Test
  void imagesComeFirstWhereOneClassIsWanted() {
    Space space = Oracle.space(Norm.L2, 1, 2, 2);
    float[] clean = Oracle.middle(4);
    List<float[]> images = List.of(image(SEED, 4));
    try (Scope scope = Scope.open()) {
      Trails wanted = new Trails(space, clean, Start.AUTO, true, SEED, () -> images);
      Trails any = new Trails(space, clean, Start.AUTO, false, SEED, () -> images);
      for (int i = 0; i < 35; i++) {
        Trail a = Objects.requireNonNull(wanted.next());
        Trail b = Objects.requireNonNull(any.next());
        assertThat(Arrays.equals(a.at(1), images.get(0))).isEqualTo(i == 0);
        assertThat(Arrays.equals(b.at(1), images.get(0))).isEqualTo(i == 30);
      }
    }
  }
}
