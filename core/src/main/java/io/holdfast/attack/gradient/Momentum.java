package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.common.InvalidInputException;
import java.util.List;

/**
 * How the gradients of earlier steps take part in a step.
 *
 * @param kind what is accumulated
 * @param decay what is left of the earlier gradients at each step, at least 0; for {@link
 *     Kind#HEAVY_BALL} and {@link Kind#NESTEROV}
 */
public record Momentum(Kind kind, double decay) {
  /** Each step by its own gradient. */
  public static final Momentum NONE = new Momentum(Kind.NONE, 1);

  /** Those who want to know how attacks compare use 1, as the papers do. */
  private static final double MOST = 100;

  /** What is accumulated. */
  public enum Kind {
    /** Nothing. */
    NONE,
    /** {@code g = decay g + gradient / its size} (Dong et al. 2018, equation 6). */
    HEAVY_BALL,
    /**
     * As {@link #HEAVY_BALL}, with the gradient taken where the accumulated one leads: at {@code x
     * + step decay g} (Lin et al. 2020, equations 6 to 8).
     */
    NESTEROV,
    /**
     * Adam's first and second moment with betas 0.9 and 0.999 (Kingma and Ba 2015, algorithm 1), of
     * gradients over their size, so that their scale does not matter. In L-infinity a step follows
     * the ratio of the moments itself instead of its signs (Uesato et al. 2018, section 4.1). In L2
     * and L1, where a step is a direction of the whole input, the first moment alone decides it.
     */
    ADAM
  }

  public Momentum {
    if (!(decay >= 0 && decay <= MOST)) {
      throw new InvalidInputException(
          "attack", "decay", "a number in [0, " + MOST + "]", Double.toString(decay));
    }
  }

  /** Of this kind with decay 1. */
  public static Momentum of(Kind kind) {
    return new Momentum(kind, 1);
  }

  private boolean decays() {
    return kind == Kind.HEAVY_BALL || kind == Kind.NESTEROV;
  }

  static List<Knob<Momentum>> knobs() {
    return List.of(
        Knobs.choice(
            "momentum",
            "what steps accumulate: none, heavy-ball, nesterov or adam",
            Momentum::kind,
            (m, kind) -> new Momentum(kind, m.decay)),
        Knobs.where(
            Momentum::decays,
            "momentum is none or adam",
            Knobs.number(
                "decay",
                "what is left of earlier gradients at each step",
                0,
                MOST,
                Momentum::decay,
                (m, decay) -> new Momentum(m.kind, decay))));
  }
}
