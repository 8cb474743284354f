package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;

/**
 * The range of valid input values, the same for every component: {@code [0, 1]} for pixels.
 *
 * @param low smallest valid value
 * @param high largest valid value, above {@code low}; both finite
 */
public record Domain(double low, double high) {
  /** Raw pixels. */
  public static final Domain UNIT = new Domain(0, 1);

  /** What is expected of a threat model for images, in messages. */
  public static final String OF_PIXELS = "[0, 1], the range of pixels here";

  /** What to do about a domain of another scale. */
  public static final String OF_BYTES =
      "bytes are read as value/255: write epsilon so too, as in 8/255";

  public Domain {
    if (!(low < high) || Double.isInfinite(low) || Double.isInfinite(high)) {
      throw new InvalidInputException(
          "threat model", "domain", "two finite numbers, the lower first", low + ", " + high);
    }
  }

  /** {@code high - low}. */
  public double width() {
    return high - low;
  }

  /**
   * The distance of two opposite corners, the most by which two inputs can differ.
   *
   * @param values of an input
   */
  public double diameter(Norm norm, long values) {
    return switch (norm) {
      case L0 -> (double) values;
      case L1 -> width() * (double) values;
      case L2 -> width() * Math.sqrt((double) values);
      case LINF -> width();
    };
  }

  /**
   * Whether every value lies inside, NaN never, with this tolerance, or that of an edge which is no
   * float32 where that is more.
   */
  boolean contains(double[] values, double tolerance) {
    double least = low - Math.max(tolerance, Math.ulp((float) low));
    double most = high + Math.max(tolerance, Math.ulp((float) high));
    for (double v : values) {
      if (!(v >= least && v <= most)) {
        return false;
      }
    }
    return true;
  }

  /** As in a file. */
  @Override
  public String toString() {
    return "[" + low + ", " + high + "]";
  }
}
