package io.holdfast.threat;

/**
 * Choices without branches, for loops over values of which nobody can tell which way they go. A
 * mask has all of its bits set or none.
 */
final class Masks {
  private Masks() {}

  /** Whether the value is below 0 (or -0). */
  static long below0(double value) {
    return Double.doubleToRawLongBits(value) >> 63;
  }

  /**
   * The neighbour of a float: the next lower one, or the next higher one where {@code up} is set;
   * the float itself where {@code moved} is not.
   */
  static float next(float value, long moved, long up) {
    int order = ordered(Float.floatToRawIntBits(value));
    return Float.intBitsToFloat(ordered(order + ((int) moved & (-1 - 2 * (int) up))));
  }

  /** Bits of floats as integers in the order of the floats, and back. */
  private static int ordered(int bits) {
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }

  /** The value where the mask is set, else 0. */
  static double keep(long mask, double value) {
    return Double.longBitsToDouble(Double.doubleToRawLongBits(value) & mask);
  }

  static double choose(long mask, double set, double unset) {
    return Double.longBitsToDouble(
        (Double.doubleToRawLongBits(set) & mask) | (Double.doubleToRawLongBits(unset) & ~mask));
  }
}
