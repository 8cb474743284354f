package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptimiserTest {
  private static final double RATE = 0.1;
  private static final int STEPS = 25;

  /** The gradient of {@code sum((w - target)^4)} in plain doubles. */
  private static double slope(double w, double target) {
    return 4 * Math.pow(w - target, 3);
  }

  private static double[] run(Optimiser.Config config) {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.of(new double[] {1.5, -0.5}, 2);
      try (Optimiser optimiser = config.create(List.of(w), Set.of())) {
        for (int i = 0; i < STEPS; i++) {
          double[] at = w.toDoubles();
          Tensor g = Tensors.of(new double[] {slope(at[0], 0.2), slope(at[1], 0.3)}, 2);
          optimiser.step(List.of(w), List.of(g), RATE);
        }
      }
      return w.toDoubles();
    }
  }

  @Test
  void sgdWithNesterovFollowsThePublishedRecurrence() {
    double[] w = {1.5, -0.5};
    double[] v = {0, 0};
    double[] targets = {0.2, 0.3};
    for (int i = 0; i < STEPS; i++) {
      for (int k = 0; k < 2; k++) {
        double g = slope(w[k], targets[k]) + 5e-4 * w[k];
        v[k] = 0.9 * v[k] + g;
        w[k] -= RATE * (g + 0.9 * v[k]);
      }
    }
    assertThat(run(Optimiser.Config.sgd(RATE))).containsExactly(w, within(1e-9));
  }

  /** What a program gets and what a file gets. */
  @ParameterizedTest
  @CsvSource({"sgd, 0.05, CYCLIC", "adamw, 1e-3, COSINE", "muon, 0.02, CYCLIC"})
  void defaultsAreTheSameInFilesAndPrograms(String name, double rate, Schedule.Shape shape) {
    Optimiser.Config program =
        switch (name) {
          case "sgd" -> Optimiser.Config.sgd(rate);
          case "adamw" -> Optimiser.Config.adamw(rate);
          default -> Optimiser.Config.muon(rate);
        };
    assertThat(program.schedule().shape()).isEqualTo(shape);
    for (String yaml : List.of("{o: %s}", "{o: {name: %s}}", "{o: {name: %s, schedule: {}}}")) {
      Problems problems = new Problems("test");
      SettingsReader reader = Settings.yaml(String.format(yaml, name), "test").reader(problems);
      assertThat(Optimiser.Config.read(reader, "o")).as(yaml).isEqualTo(program);
      problems.throwIfAny();
    }
  }

  @Test
  void adamwFollowsThePublishedRecurrence() {
    double[] w = {1.5, -0.5};
    double[] m = {0, 0};
    double[] s = {0, 0};
    double[] targets = {0.2, 0.3};
    for (int i = 1; i <= STEPS; i++) {
      for (int k = 0; k < 2; k++) {
        double g = slope(w[k], targets[k]);
        m[k] = 0.9 * m[k] + 0.1 * g;
        s[k] = 0.999 * s[k] + 0.001 * g * g;
        double mean = m[k] / (1 - Math.pow(0.9, i));
        double square = s[k] / (1 - Math.pow(0.999, i));
        w[k] -= RATE * (mean / (Math.sqrt(square) + 1e-8) + 0.01 * w[k]);
      }
    }
    assertThat(run(Optimiser.Config.adamw(RATE))).containsExactly(w, within(1e-7));
  }

  /** Three steps of weights of several sizes; null for a step of one thread, tensor by tensor. */
  private static List<float[]> threeSteps(Optimiser.Config config, @Nullable Workers workers) {
    try (Scope scope = Scope.open()) {
      Rng random = Rng.of(new Seed(3));
      List<Tensor> weights =
          List.of(
              random.normal(300, 301), // cut in several parts
              random.normal(7, 3, 3, 3),
              random.normal(100_000), // a row is a number
              random.normal(2, 40_000), // a row is more than a part
              random.normal(5));
      try (Optimiser optimiser = config.create(weights, Set.of(0, 1))) {
        for (int i = 0; i < 3; i++) {
          List<Tensor> slopes = weights.stream().map(w -> random.normal(w.shape())).toList();
          if (workers == null) {
            optimiser.step(weights, slopes, RATE);
          } else {
            optimiser.step(weights, slopes, RATE, workers);
          }
        }
      }
      return weights.stream().map(Tensor::toFloats).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adamw", "muon"})
  void threadsShareAStepAndGiveTheSameBits(String name) {
    Optimiser.Config config =
        switch (name) {
          case "sgd" -> Optimiser.Config.sgd(RATE);
          case "adamw" -> Optimiser.Config.adamw(RATE);
          default -> Optimiser.Config.muon(RATE);
        };
    List<float[]> whole = threeSteps(config, null);
    try (Workers one = Workers.of(1);
        Workers three = Workers.of(3)) {
      List<float[]> alone = threeSteps(config, one);
      List<float[]> shared = threeSteps(config, three);
      for (int i = 0; i < whole.size(); i++) {
        assertThat(shared.get(i)).isEqualTo(alone.get(i));
        // where a part ends, a processor may round a product and a sum once or twice
        float[] here = shared.get(i);
        float[] there = whole.get(i);
        assertThat(
                IntStream.range(0, here.length)
                    .mapToDouble(j -> here[j] - there[j])
                    .map(Math::abs)
                    .max())
            .hasValueCloseTo(0.0, within(2e-6));
      }
    }
  }

  /** Each part is taken once, whatever the shapes. */
  @Test
  void partsCoverEachTensorOnce() {
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(2)) {
      List<Tensor> tensors =
          List.of(
              Tensors.zeros(300, 301),
              Tensors.zeros(1),
              Tensors.zeros(100_000),
              Tensors.zeros(2, 40_000),
              Tensors.zeros(64, 64, 3, 3));
      double parts =
          Slices.each(
              tensors,
              workers,
              slice -> {
                slice.of(tensors).addInPlace(1);
                return 1;
              });
      for (Tensor tensor : tensors) {
        assertThat(tensor.sum().item()).isEqualTo((double) tensor.count());
        assertThat(tensor.square().sum().item()).isEqualTo((double) tensor.count());
      }
      assertThat(parts).isEqualTo(3 + 1 + 4 + 2 + 2);
    }
  }
}
