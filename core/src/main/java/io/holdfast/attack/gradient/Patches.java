package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.common.InvalidInputException;
import java.util.Arrays;
import java.util.List;

/**
 * Patch-wise steps (Gao et al. 2020, algorithm 1): steps several times as long as usual, of which
 * what goes beyond the ball is handed on to the pixels around. L-infinity and images only.
 *
 * @param amplification how many times a step is longer, at least 1; 0 for usual steps
 * @param size of the square of pixels that share what is cut off, odd, at least 3
 */
public record Patches(double amplification, int size) {
  /** Usual steps. */
  public static final Patches NONE = new Patches(0, 3);

  /** The paper's: ten times as long, shared in squares of 3 pixels. */
  public static final Patches STANDARD = new Patches(10, 3);

  private static final int MOST = 99;
  private static final double LONGEST = 1e6;

  public Patches {
    boolean fits = amplification >= 1 && amplification <= LONGEST;
    if (amplification != 0 && !fits) {
      throw new InvalidInputException(
          "attack", "amplification", "0, or at least 1", Double.toString(amplification));
    }
    if (size < 3 || size > MOST || size % 2 == 0) {
      throw new InvalidInputException(
          "attack", "patch", "an odd number from 3 to " + MOST, Integer.toString(size));
    }
  }

  static List<Knob<Patches>> knobs() {
    return List.of(
        Knobs.number(
            "amplification",
            "how many times longer patch-wise steps are, 0 for usual steps",
            0,
            LONGEST,
            Patches::amplification,
            (p, times) -> new Patches(times, p.size)),
        Knobs.where(
            p -> !p.none(),
            "amplification is 0",
            Knobs.odd(
                "patch",
                "side of the square that shares what is cut off, in pixels, at least 3",
                3,
                MOST,
                Patches::size,
                (p, size) -> new Patches(p.amplification, size))));
  }

  boolean none() {
    return amplification == 0;
  }

  /** How many times longer than usual a step is. */
  double factor() {
    return none() ? 1 : amplification;
  }

  /** Equal weights of sum 1 around a middle of 0, {@code [size * size]}. */
  float[] kernel() {
    float[] all = new float[size * size];
    Arrays.fill(all, 1f / (size * size - 1));
    all[all.length / 2] = 0;
    return all;
  }
}
