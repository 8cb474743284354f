package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.Locale;
import java.util.Map;

/**
 * The ball {@code {x + d : |d| <= epsilon}} in a norm over all components. Without a limit the
 * attacker may change all within the domain, and what counts is how little he needs.
 *
 * @param norm in which changes are measured
 * @param epsilon radius in the units of the input, at least 0, infinite for no limit; in {@link
 *     Norm#L0} how many components may change, a whole number
 */
public record Additive(Norm norm, double epsilon) implements PerturbationSet {
  /** How far rounding to float32 may carry a point out of the ball, in units of 1 + epsilon. */
  public static final double TOLERANCE = 1e-6;

  /** The epsilon of no limit in files. */
  static final String UNLIMITED = "inf";

  public Additive {
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon: a number of at least 0, not " + epsilon);
    }
    if (norm == Norm.L0 && epsilon != Math.rint(epsilon)) {
      throw new IllegalArgumentException("epsilon: a whole number in L0, not " + epsilon);
    }
  }

  /** Whether the attacker may change as much as he likes within the domain. */
  public boolean unlimited() {
    return Double.isInfinite(epsilon);
  }

  @Override
  public String key() {
    return norm.key() + ":" + number(epsilon);
  }

  @Override
  public String describe() {
    if (unlimited()) {
      return "change the input as little as he can, measured in " + norm.words();
    }
    String size = number(epsilon);
    return switch (norm) {
      case L0 -> "change at most " + size + " values, each by any amount (L0)";
      case LINF -> "change every value by at most " + size + " (L-infinity)";
      case L2 -> "change the input by a Euclidean length of at most " + size + " (L2)";
      default -> "change the input by at most " + size + " in sum over all values (L1)";
    };
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(norm.key(), "epsilon", unlimited() ? UNLIMITED : epsilon);
  }

  @Override
  public Additive scaled(double factor) {
    double size = unlimited() ? epsilon : epsilon * factor;
    return new Additive(norm, norm == Norm.L0 ? whole(size) : size);
  }

  /** Rounded down, but for what a product of doubles falls short of a whole number by. */
  static double whole(double size) {
    return Math.floor(size * (1 + 1e-12));
  }

  @Override
  public Region around(Tensor clean, Domain domain) {
    if (unlimited()) {
      return new BoxRegion(clean, domain);
    }
    return switch (norm) {
      case LINF -> new LinfRegion(clean, epsilon, domain);
      case L2 -> new L2Region(clean, epsilon, domain);
      case L1 -> new L1Region(clean, epsilon, domain);
      case L0 -> new L0Region(clean, (long) epsilon, domain);
    };
  }

  /**
   * {@inheritDoc}
   *
   * <p>A point counts as inside up to {@link #TOLERANCE} times {@code 1 + epsilon} in distance and
   * {@link #TOLERANCE} in each value; in L-infinity, where values are beyond 8 or so, up to what
   * float32 rounds the largest of them by. NaN is never inside.
   */
  @Override
  public boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    return clean.length == other.length
        && domain.contains(other, TOLERANCE)
        && Distances.between(clean, other).in(norm) <= epsilon + rounding(other);
  }

  private double rounding(double[] values) {
    double usual = norm == Norm.L0 ? 0 : TOLERANCE * (1 + epsilon); // a count is exact
    if (norm != Norm.LINF) {
      return usual;
    }
    double largest = 0;
    for (double v : values) {
      largest = Math.max(largest, Math.abs(v));
    }
    return Math.max(usual, Math.ulp((float) largest));
  }

  /** The shortest text of a number, without a trailing {@code .0}. */
  static String number(double value) {
    if (Double.isInfinite(value)) {
      return UNLIMITED;
    }
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}
