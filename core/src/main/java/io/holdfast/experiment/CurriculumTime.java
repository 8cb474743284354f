package io.holdfast.experiment;

import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.WeightPerturbation;
import io.holdfast.train.objective.Passes;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Estimates the mean time of a training step under curricula from a few steps that are timed. What
 * the search decides is interpolated: the time of a step is nearly linear in the gradients that its
 * adversary takes, and in the number of pixels. Whatever else makes steps differ, terms of a sum
 * that count in a part of training alone, bounds that have not begun, perturbed weights, is timed
 * for each kind of step. Sums whose terms take turns and cost as many passes count as one kind.
 */
final class CurriculumTime {
  private static final int POINTS = 1000;

  private CurriculumTime() {}

  /**
   * What the search does not decide of the time of a step.
   *
   * @param passes of the objective
   * @param perturbed whether the weights are
   */
  record Kind(Passes passes, boolean perturbed) {}

  /**
   * What decides the time of a step.
   *
   * @param kind of the step
   * @param steps of the search for adversarial examples
   * @param clean share of samples that stay clean, in [0, 1]
   * @param area part of the whole inputs, in (0, 1]
   * @param progress of training at which a step is such a one, in [0, 1]
   */
  record Stage(Kind kind, int steps, double clean, double area, double progress) {
    /** Gradients of the searches, per sample of the batch. */
    double gradients() {
      return (1 - clean) * steps * kind.passes().searches();
    }
  }

  private static final Comparator<Stage> BY_WORK = Comparator.comparingDouble(Stage::gradients);

  /** The steps of one kind. */
  private record Part(List<Stage> stages) {
    Stage most() {
      return stages.stream().max(BY_WORK).orElseThrow();
    }

    Stage least() {
      return stages.stream().min(BY_WORK).orElseThrow();
    }

    /** The sum of their times. */
    double seconds(ToDoubleFunction<Stage> measured) {
      Stage most = most();
      double range = most.gradients() - least().gradients();
      double dearest = measured.applyAsDouble(most);
      double each = range == 0 ? 0 : (dearest - measured.applyAsDouble(least())) / range;
      return stages.stream()
          .mapToDouble(s -> (dearest - each * (most.gradients() - s.gradients())) * s.area())
          .sum();
    }
  }

  /**
   * The mean over the whole training.
   *
   * @param threat null for none
   * @param area of the inputs over progress
   * @param seconds measures a step on whole inputs at one stage; asked once for each kind of step,
   *     twice where the search changes within it
   */
  static double mean(
      TrainSettings settings,
      @Nullable ThreatModel threat,
      DoubleUnaryOperator area,
      ToDoubleFunction<Stage> seconds) {
    return IntStream.range(0, POINTS)
            .mapToObj(i -> stage(settings, threat, area, (i + 0.5) / POINTS))
            .collect(Collectors.groupingBy(Stage::kind, LinkedHashMap::new, Collectors.toList()))
            .values()
            .stream()
            .mapToDouble(stages -> new Part(stages).seconds(seconds))
            .sum()
        / POINTS;
  }

  /** At progress z, as training has it. */
  private static Stage stage(
      TrainSettings settings, @Nullable ThreatModel threat, DoubleUnaryOperator area, double z) {
    int members = threat == null ? 1 : threat.members().size();
    WeightPerturbation perturbation = settings.methods().perturbation();
    boolean perturbed = perturbation != null && perturbation.works(z);
    return new Stage(
        new Kind(settings.objective().passes(members, z), perturbed),
        (int) Math.round(settings.steps().at(z)),
        settings.cleanShare().at(z),
        area.applyAsDouble(z),
        z);
  }
}
