package io.holdfast.attack.universal;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import java.util.List;

/**
 * How one perturbation for all rises.
 *
 * @param batch most samples per step, at least 1
 * @param innerBatch of {@link Universal.Rule#SGA}: most samples per inner step, at least 1
 * @param iterations of {@link Universal.Rule#SGA}: inner passes over a batch, at least 1
 * @param relativeStep length of a step as a part of epsilon, in (0, 1]
 * @param loss what is raised
 * @param clip loss from which a sample counts no more, at least 0; towards a target {@code ce} is
 *     below 0, so that all count
 */
public record AscentSettings(
    int batch, int innerBatch, int iterations, double relativeStep, Losses loss, double clip) {
  /**
   * Margins clipped at 2; all else as in the program of Liu et al. 2023: batches of 250, small ones
   * of 10, four inner passes, steps of a tenth of epsilon.
   */
  public static final AscentSettings USUAL = new AscentSettings(250, 10, 4, 0.1, Losses.CW, 2);

  private static final double MOST = 1000;

  public AscentSettings {
    Problems problems = new Problems("attack uap");
    count(problems, "batch", batch);
    count(problems, "inner_batch", innerBatch);
    count(problems, "iterations", iterations);
    if (!(relativeStep > 0 && relativeStep <= 1)) {
      problems.add("relative_step", "a part in (0, 1]", Double.toString(relativeStep));
    }
    if (!(clip >= 0)) {
      problems.add("clip", "a loss of at least 0", Double.toString(clip));
    }
    problems.throwIfAny();
  }

  private static void count(Problems problems, String field, int value) {
    if (value < 1) {
      problems.add(field, "a whole number of at least 1", Integer.toString(value));
    }
  }

  /** Those of {@link Universal.Rule#SGA} alone. */
  static List<Knob<AscentSettings>> innerKnobs() {
    return List.of(
        Knobs.count(
            "inner_batch",
            "most samples per inner step of sga, at least 1",
            AscentSettings::innerBatch,
            (a, samples) -> Records.with(a, "innerBatch", samples)),
        Knobs.count(
            "iterations",
            "inner passes of sga over each batch, at least 1",
            AscentSettings::iterations,
            (a, passes) -> Records.with(a, "iterations", passes)));
  }

  /** Those of both ascents. */
  static List<Knob<AscentSettings>> knobs() {
    return List.of(
        Knobs.count(
            "batch",
            "most samples per step of sgd and sga, at least 1",
            AscentSettings::batch,
            (a, samples) -> Records.with(a, "batch", samples)),
        Knobs.number(
            "relative_step",
            "length of a step of sgd and sga as a part of epsilon",
            0,
            1,
            AscentSettings::relativeStep,
            (a, part) -> Records.with(a, "relativeStep", part)),
        Knobs.loss(AscentSettings::loss, (a, raised) -> Records.with(a, "loss", raised)),
        Knobs.number(
            "clip",
            "loss from which a sample counts no more in sgd and sga",
            0,
            MOST,
            AscentSettings::clip,
            (a, most) -> Records.with(a, "clip", most)));
  }
}
