package io.holdfast.train.objective.certified;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.train.objective.Passes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * How the strength of bounds grows from 0 to 1 with progress: nothing during the warm-up, then by
 * the fourth power, from a quarter of the way on linearly, as the smoothed schedule of auto_LiRPA
 * has it (Xu et al. 2020). The bounds of a new network are far wider than its logits, since each
 * layer multiplies them, so that they count by little at first.
 *
 * @param warmUp share of training without bounds, in [0, 1]
 * @param rampUp share of training in which the strength grows, in [0, 1]
 */
public record Ramp(double warmUp, double rampUp) {
  /** Our choice for short trainings; published schedules warm up and grow for longer. */
  static final Ramp USUAL = new Ramp(0.02, 0.25);

  private static final double BEND = 0.25;

  /** Strength in [0, 1]. */
  double at(double progress) {
    if (progress < warmUp) {
      return 0;
    }
    return progress >= warmUp + rampUp ? 1 : smooth((progress - warmUp) / rampUp);
  }

  /** What a step costs: a clean pass without bounds, else the whole. */
  Passes passes(double progress, Passes whole) {
    return at(progress) == 0 ? Passes.CLEAN : whole;
  }

  /** From 0 to 1 as {@code way} does; slope and value have no jump at {@link #BEND}. */
  private static double smooth(double way) {
    double slope = 1 / (1 - 0.75 * BEND); // of the linear part
    return way < BEND ? slope * BEND / 4 * Math.pow(way / BEND, 4) : slope * (way - 0.75 * BEND);
  }

  /** Settings of an objective's own, and the two. */
  static <O> List<Knob<O>> knobs(
      List<Knob<O>> own, Function<O, Ramp> get, BiFunction<O, Ramp, O> with) {
    List<Knob<O>> all = new ArrayList<>(own);
    all.add(
        Knobs.of(
            get,
            with,
            Knobs.share(
                "warm_up",
                "part of training without bounds",
                Ramp::warmUp,
                (r, v) -> new Ramp(v, r.rampUp))));
    all.add(
        Knobs.of(
            get,
            with,
            Knobs.share(
                "ramp_up",
                "part of training in which the bounds' radius grows",
                Ramp::rampUp,
                (r, v) -> new Ramp(r.warmUp, v))));
    return List.copyOf(all);
  }
}
