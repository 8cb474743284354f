package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.common.InvalidInputException;
import java.util.List;

/**
 * Variance tuning (Wang and He 2021, algorithm 1): each step adds to its gradient by how much the
 * mean gradient around the point before differed from the gradient there.
 *
 * @param samples random neighbours per step, 0 for none; each costs a gradient
 * @param radius of the neighbourhood as a multiple of epsilon, above 0; neighbours may lie outside
 *     ball and domain
 */
public record Neighbours(int samples, double radius) {
  /** No neighbours. */
  public static final Neighbours NONE = new Neighbours(0, 1.5);

  /** The paper's: 20 within 1.5 epsilon. */
  public static final Neighbours STANDARD = new Neighbours(20, 1.5);

  private static final int MOST = 10_000;

  public Neighbours {
    if (samples < 0 || samples > MOST) {
      throw new InvalidInputException(
          "attack", "neighbours", "a whole number of at least 0", Integer.toString(samples));
    }
    if (!(radius > 0) || Double.isInfinite(radius)) {
      throw new InvalidInputException(
          "attack", "neighbourhood", "a number above 0", Double.toString(radius));
    }
  }

  static List<Knob<Neighbours>> knobs() {
    return List.of(
        Knobs.whole(
            "neighbours",
            "random neighbours per step whose gradients correct the next, 0 for none",
            0,
            MOST,
            Neighbours::samples,
            (v, n) -> new Neighbours(n, v.radius)),
        Knobs.where(
            v -> v.samples > 0,
            "neighbours is 0",
            Knobs.number(
                "neighbourhood",
                "its radius as a multiple of epsilon",
                1e-6,
                1e6,
                Neighbours::radius,
                (v, radius) -> new Neighbours(v.samples, radius))));
  }
}
