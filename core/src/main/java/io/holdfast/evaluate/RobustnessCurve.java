package io.holdfast.evaluate;

import io.holdfast.attack.gradient.Pgd;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/**
 * Robust accuracy against epsilon: one attack at several radii on some of the samples.
 *
 * <p>Balls are nested, so a sample that fell at a radius has fallen at every larger one and is not
 * attacked again; what any attack of the suite has felled counts at its epsilon and above. The
 * curve therefore never rises, by construction and not by luck.
 *
 * @param attack what runs at each radius
 * @param samples the most that are attacked, a seeded choice; at least 1
 * @param factors radii as multiples of the threat model's epsilon, positive
 */
public record RobustnessCurve(NamedAttack attack, int samples, List<Double> factors) {
  /** The radii of {@link #standard}, as multiples of epsilon. */
  public static final List<Double> FACTORS = List.of(0.25, 0.5, 0.75, 1.0, 1.5, 2.0);

  public RobustnessCurve {
    factors = factors.stream().distinct().sorted().toList();
    if (samples < 1 || factors.isEmpty() || factors.get(0) <= 0) {
      throw new IllegalArgumentException(
          "a curve has at least 1 sample and positive factors, found " + samples + ", " + factors);
    }
  }

  /** PGD-20 with one random start at {@link #FACTORS}. */
  public static RobustnessCurve standard(int samples) {
    return new RobustnessCurve(NamedAttack.of(Pgd.steps(20)), samples, FACTORS);
  }

  /** Radii in ascending order; those above {@code most} are left out. */
  double[] radii(double epsilon, double most) {
    return factors.stream()
        .mapToDouble(f -> f == 1 ? epsilon : rounded(f * epsilon))
        .filter(r -> r > 0 && r <= most)
        .toArray();
  }

  /** To 12 digits, so that 0.75 times 0.1 is 0.075. */
  private static double rounded(double radius) {
    return new BigDecimal(radius).round(new MathContext(12)).doubleValue();
  }
}
