package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import org.jspecify.annotations.Nullable;

/**
 * Two experts and their mixture (Wang and Wang 2023, Generalist, algorithm 1): beside the weights
 * that the objective trains, a copy learns the clean samples of each batch by cross-entropy with an
 * optimiser of its own. A moving average follows {@code share * robust + (1 - share) * clean}; it
 * is what is validated and kept, and from some progress on both experts go on from it now and then.
 *
 * @param share of the robust expert in the mixture at the end, in [0, 1]
 * @param from progress in [0, 1) up to which the robust expert is all of the mixture; from there
 *     its share falls along a line
 * @param exchange progress in [0, 1) from which on the experts go on from the average
 * @param every steps between two times that they do, 0 for an epoch
 * @param decay of the average, in [0, 1)
 */
public record Generalist(double share, double from, double exchange, int every, double decay) {
  private static final double TWO_THIRDS = 2.0 / 3;

  /** As the authors' program has it for CIFAR-10, of 120 epochs; there they exchange every five. */
  public static Generalist standard() {
    return new Generalist(0.4, TWO_THIRDS, 0.625, 0, 0.999);
  }

  /** Reads the section {@code generalist}; null where it is missing. */
  static @Nullable Generalist read(SettingsReader train) {
    if (!train.has("generalist")) {
      return null;
    }
    SettingsReader s = train.section("generalist");
    Generalist d = standard();
    return new Generalist(
        s.number("share", d.share, 0, 1),
        s.number("from", d.from, 0, 0.999999),
        s.number("exchange", d.exchange, 0, 0.999999),
        s.integer("every", d.every, 0, 1_000_000_000),
        s.number("decay", d.decay, 0, 0.999999));
  }

  /** The robust expert's share at a progress in [0, 1]. */
  double shareAt(double z) {
    return z <= from ? 1 : 1 - (1 - share) * (z - from) / (1 - from);
  }

  /**
   * Whether the experts go on from the average after so many steps.
   *
   * @param pace of the run
   */
  boolean exchanges(long stepsDone, int stepsPerEpoch, Pace pace) {
    long interval = every == 0 ? stepsPerEpoch : every;
    return stepsDone % interval == 0 && stepsDone >= Math.max(1, pace.stepAt(exchange));
  }
}
