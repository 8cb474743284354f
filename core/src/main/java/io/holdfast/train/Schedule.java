package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Locale;

/**
 * How the learning rate changes with progress z in [0, 1], as a factor on its peak.
 *
 * @param shape what comes after the warm-up
 * @param warmUp share of training over which the factor rises linearly from 0 to 1, in [0, 1]
 * @param milestones for {@link Shape#PIECEWISE}: progress at which the factor is multiplied, each
 *     in [0, 1]
 * @param decay for {@link Shape#PIECEWISE}: by what, in [0, 1]
 */
public record Schedule(Shape shape, double warmUp, List<Double> milestones, double decay) {
  /** The part after the warm-up. */
  public enum Shape {
    /** Level. */
    CONSTANT,
    /** Linear down to 0 (Smith 2018; as in Rice et al. 2020). */
    CYCLIC,
    /** Half a cosine down to 0 (Loshchilov and Hutter 2017, equation 5). */
    COSINE,
    /** Multiplied by the decay at each milestone. */
    PIECEWISE
  }

  /**
   * All of it.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Schedule {
    milestones = List.copyOf(milestones);
    if (!isShare(warmUp) || !isShare(decay) || !milestones.stream().allMatch(Schedule::isShare)) {
      throw new IllegalArgumentException(
          "schedule: numbers in [0, 1], found " + warmUp + ", " + decay + ", " + milestones);
    }
  }

  private static boolean isShare(double value) {
    return value >= 0 && value <= 1;
  }

  public static Schedule constant() {
    return new Schedule(Shape.CONSTANT, 0, List.of(), 1);
  }

  /** Linear up to the peak over the first 30%, linear down to 0 over the rest. */
  public static Schedule cyclic() {
    return new Schedule(Shape.CYCLIC, 0.3, List.of(), 1);
  }

  public static Schedule cosine() {
    return new Schedule(Shape.COSINE, 0, List.of(), 1);
  }

  /** The factor at progress z. */
  public double at(double z) {
    if (z < warmUp) {
      return z / warmUp;
    }
    double rest = warmUp < 1 ? Math.min(1, (z - warmUp) / (1 - warmUp)) : 1;
    return switch (shape) {
      case CONSTANT -> 1;
      case CYCLIC -> 1 - rest;
      case COSINE -> (1 + Math.cos(Math.PI * rest)) / 2;
      case PIECEWISE -> Math.pow(decay, (double) milestones.stream().filter(m -> z >= m).count());
    };
  }

  /**
   * Reads {@code cyclic} or {@code {name: piecewise, milestones: [0.5, 0.75], decay: 0.1}}.
   *
   * @param usual the shape where none is named
   */
  public static Schedule read(SettingsReader reader, String key, Shape usual) {
    String fallback = usual.name().toLowerCase(Locale.ROOT);
    SettingsReader s = reader.textOrSection(key, fallback);
    Shape shape =
        Shape.valueOf(
            s.choice("name", fallback, List.of("constant", "cyclic", "cosine", "piecewise"))
                .toUpperCase(Locale.ROOT));
    double warmUp = s.number("warm_up", shape == Shape.CYCLIC ? 0.3 : 0, 0, 1);
    return shape == Shape.PIECEWISE
        ? new Schedule(
            shape,
            warmUp,
            s.numbers("milestones", List.of(0.5, 0.75), 0, 1),
            s.number("decay", 0.1, 0, 1))
        : new Schedule(shape, warmUp, List.of(), 1);
  }
}
