package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.Locale;
import java.util.Map;

/**
 * The ball {@code {x + d : |d| <= epsilon}} in the L-infinity, L2 or L1 norm over all components.
 *
 * @param norm {@link Norm#LINF}, {@link Norm#L2} or {@link Norm#L1}
 * @param epsilon radius in the units of the input, finite, at least 0
 */
public record Additive(Norm norm, double epsilon) implements PerturbationSet {
  /** How far rounding to float32 may carry a point out of the ball, in units of 1 + epsilon. */
  public static final double TOLERANCE = 1e-6;

  public Additive {
    if (norm == Norm.L0) {
      throw new IllegalArgumentException("no ball in the L0 norm; use CodeChanges for codes");
    }
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("epsilon: a finite number of at least 0, not " + epsilon);
    }
  }

  @Override
  public String key() {
    return norm.key() + ":" + number(epsilon);
  }

  @Override
  public String describe() {
    String size = number(epsilon);
    return switch (norm) {
      case LINF -> "change every value by at most " + size + " (L-infinity)";
      case L2 -> "change the input by a Euclidean length of at most " + size + " (L2)";
      default -> "change the input by at most " + size + " in sum over all values (L1)";
    };
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(norm.key(), "epsilon", epsilon);
  }

  @Override
  public Additive scaled(double factor) {
    return new Additive(norm, epsilon * factor);
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    return switch (norm) {
      case LINF -> new LinfRegion(clean, epsilon, domain);
      case L2 -> new L2Region(clean, epsilon, domain);
      default -> new L1Region(clean, epsilon, domain);
    };
  }

  /**
   * {@inheritDoc}
   *
   * <p>A point counts as inside up to {@link #TOLERANCE} times {@code 1 + epsilon} in distance and
   * {@link #TOLERANCE} in each value; NaN is never inside.
   */
  @Override
  public boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    return clean.length == other.length
        && domain.contains(other, TOLERANCE)
        && Distances.between(clean, other).in(norm) <= epsilon + TOLERANCE * (1 + epsilon);
  }

  /** The shortest text of a number, without a trailing {@code .0}. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}
