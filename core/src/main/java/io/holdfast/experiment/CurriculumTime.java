package io.holdfast.experiment;

import io.holdfast.train.TrainSettings;
import io.holdfast.train.WeightPerturbation;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Estimates the mean time of a training step under a curriculum on steps, mix and size from the
 * times of the cheapest and the dearest steps in it: the time of a step is nearly linear in the
 * gradients that its adversary takes, and in the number of pixels. Where weights are perturbed in a
 * part of training alone, how much dearer a step is then is measured too.
 */
final class CurriculumTime {
  private static final int POINTS = 1000;

  private CurriculumTime() {}

  /**
   * What decides the time of a step.
   *
   * @param steps of the search for adversarial examples
   * @param clean share of samples that stay clean, in [0, 1]
   * @param perturbed whether the weights are
   * @param area part of the whole inputs, in (0, 1]
   */
  record Stage(int steps, double clean, boolean perturbed, double area) {
    Stage perturbed(boolean other) {
      return new Stage(steps, clean, other, area);
    }

    /** Gradients of the search, per sample of the batch. */
    double gradients() {
      return (1 - clean) * steps;
    }
  }

  /**
   * The mean over the whole training.
   *
   * @param area of the inputs over progress
   * @param seconds measures a step on whole inputs at one stage; asked at most three times
   */
  static double mean(
      TrainSettings settings, DoubleUnaryOperator area, ToDoubleFunction<Stage> seconds) {
    List<Stage> stages =
        IntStream.range(0, POINTS)
            .mapToObj(i -> stage(settings, area, (i + 0.5) / POINTS))
            .toList();
    Comparator<Stage> byWork = Comparator.comparingDouble(Stage::gradients);
    boolean always = stages.stream().allMatch(Stage::perturbed);
    boolean never = stages.stream().noneMatch(Stage::perturbed);
    Stage most = stages.stream().max(byWork).orElseThrow().perturbed(always);
    Stage least = stages.stream().min(byWork).orElseThrow().perturbed(always);
    double dearest = seconds.applyAsDouble(most);
    double dearer = always || never ? 1 : seconds.applyAsDouble(most.perturbed(true)) / dearest;
    double range = most.gradients() - least.gradients();
    boolean level = range == 0 || !settings.objective().adversarial();
    double cheapest = level ? dearest : seconds.applyAsDouble(least);
    return stages.stream()
        .mapToDouble(
            stage -> {
              double part = level ? 0 : (stage.gradients() - least.gradients()) / range;
              double plain = (cheapest + (dearest - cheapest) * part) * stage.area();
              return stage.perturbed() ? plain * dearer : plain;
            })
        .average()
        .orElseThrow();
  }

  /** At progress z, as training has it. */
  private static Stage stage(TrainSettings settings, DoubleUnaryOperator area, double z) {
    int steps = (int) Math.round(settings.steps().at(z));
    WeightPerturbation perturbation = settings.methods().perturbation();
    boolean perturbed = perturbation != null && perturbation.works(z);
    return new Stage(steps, settings.cleanShare().at(z), perturbed, area.applyAsDouble(z));
  }
}
