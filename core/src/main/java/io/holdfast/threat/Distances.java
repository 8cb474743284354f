package io.holdfast.threat;

/**
 * The size of a change {@code other - clean} in every norm, computed in double.
 *
 * @param l0 number of components that differ at all
 * @param l1 sum of absolute differences
 * @param l2 Euclidean length
 * @param linf largest absolute difference
 */
public record Distances(double l0, double l1, double l2, double linf) {
  /** No change at all. */
  public static final Distances ZERO = new Distances(0, 0, 0, 0);

  /** Measures two inputs of the same length; NaN in, NaN out. */
  public static Distances between(double[] clean, double[] other) {
    double count = 0;
    double sum = 0;
    double squares = 0;
    double largest = 0;
    for (int i = 0; i < clean.length; i++) {
      double d = Math.abs(other[i] - clean[i]);
      count += d == 0 ? 0 : 1;
      sum += d;
      squares += d * d;
      largest = Math.max(largest, d);
    }
    return new Distances(count, sum, Math.sqrt(squares), largest);
  }

  public double in(Norm norm) {
    return switch (norm) {
      case L0 -> l0;
      case L1 -> l1;
      case L2 -> l2;
      case LINF -> linf;
    };
  }
}
