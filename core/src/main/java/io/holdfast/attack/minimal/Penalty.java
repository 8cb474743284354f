package io.holdfast.attack.minimal;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The settings that attacks in {@link Rounds} share. */
final class Penalty {
  private static final double SLOWEST = 1e-6;
  private static final double FASTEST = 10;
  private static final double LIGHTEST = 1e-9;
  private static final double LARGE = 1e6;

  private Penalty() {}

  static <A> Knob<A> rate(Function<A, Double> get, BiFunction<A, Double, A> with) {
    return Knobs.number("rate", "length of steps", SLOWEST, FASTEST, get, with);
  }

  static <A> Knob<A> weight(Function<A, Double> get, BiFunction<A, Double, A> with) {
    return Knobs.number("weight", "c of the margin in the first round", LIGHTEST, LARGE, get, with);
  }

  static <A> Knob<A> confidence(Function<A, Double> get, BiFunction<A, Double, A> with) {
    return Knobs.number("confidence", "by how much the margin must exceed 0", 0, LARGE, get, with);
  }

  static <A> Knob<A> abortEarly(Function<A, Boolean> get, BiFunction<A, Boolean, A> with) {
    return Knobs.flag(
        "abort_early",
        "whether a round ends when a tenth of its steps has gained nothing",
        get,
        with);
  }

  static Demands demands(
      String attack, int steps, int rounds, double rate, double weight, double confidence) {
    return new Demands(attack)
        .count("steps", steps)
        .count("rounds", rounds)
        .within("rate", rate, SLOWEST, FASTEST)
        .within("weight", weight, LIGHTEST, LARGE)
        .within("confidence", confidence, 0, LARGE);
  }
}
