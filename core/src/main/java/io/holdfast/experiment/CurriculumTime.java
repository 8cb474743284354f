package io.holdfast.experiment;

import io.holdfast.train.TrainSettings;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Estimates the mean time of a training step under a curriculum on steps, mix and size from the
 * times of the cheapest and the dearest steps in it: the time of a step is nearly linear in the
 * gradients that its adversary takes, and in the number of pixels.
 */
final class CurriculumTime {
  private static final int POINTS = 1000;

  private CurriculumTime() {}

  /**
   * What decides the time of a step.
   *
   * @param steps of the search for adversarial examples
   * @param clean share of samples that stay clean, in [0, 1]
   * @param area part of the whole inputs, in (0, 1]
   */
  record Stage(int steps, double clean, double area) {
    /** Gradients of the search, per sample of the batch. */
    double gradients() {
      return (1 - clean) * steps;
    }
  }

  /**
   * The mean over the whole training.
   *
   * @param area of the inputs over progress
   * @param seconds measures a step on whole inputs at one stage; asked at most twice
   */
  static double mean(
      TrainSettings settings, DoubleUnaryOperator area, ToDoubleFunction<Stage> seconds) {
    List<Stage> stages =
        IntStream.range(0, POINTS)
            .mapToObj(i -> stage(settings, area, (i + 0.5) / POINTS))
            .toList();
    Comparator<Stage> byWork = Comparator.comparingDouble(Stage::gradients);
    Stage most = stages.stream().max(byWork).orElseThrow();
    Stage least = stages.stream().min(byWork).orElseThrow();
    double dearest = seconds.applyAsDouble(most);
    double range = most.gradients() - least.gradients();
    if (range == 0 || !settings.objective().adversarial()) {
      return dearest * stages.stream().mapToDouble(Stage::area).average().orElseThrow();
    }
    double cheapest = seconds.applyAsDouble(least);
    return stages.stream()
        .mapToDouble(
            stage -> {
              double part = (stage.gradients() - least.gradients()) / range;
              return (cheapest + (dearest - cheapest) * part) * stage.area();
            })
        .average()
        .orElseThrow();
  }

  /** At progress z, as training has it. */
  private static Stage stage(TrainSettings settings, DoubleUnaryOperator area, double z) {
    int steps = (int) Math.round(settings.steps().at(z));
    return new Stage(steps, settings.cleanShare().at(z), area.applyAsDouble(z));
  }
}
