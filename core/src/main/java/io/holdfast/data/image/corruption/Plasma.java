package io.holdfast.data.image.corruption;

import java.util.random.RandomGenerator;

/**
 * A cloud on a torus: midpoint displacement by the diamond-square method (Fournier, Fussell and
 * Carpenter 1982), stretched to [0, 1].
 */
final class Plasma {
  private final double[] map; // [size, size]
  private final int size;
  private final RandomGenerator random;

  private Plasma(int size, RandomGenerator random) {
    this.size = size;
    this.random = random;
    map = new double[size * size];
  }

  /**
   * The upper left part {@code [h, w]} of a cloud.
   *
   * @param decay how much rougher each step is than the one of half its size; small values are
   *     rough. The displacement falls with its square, as in the original
   */
  static float[] cloud(int h, int w, double decay, RandomGenerator random) {
    int longer = Math.max(2, Math.max(h, w));
    Plasma plasma = new Plasma(Integer.highestOneBit(2 * longer - 1), random);
    plasma.grow(decay);
    return plasma.corner(h, w);
  }

  private void grow(double decay) {
    double displacement = 1;
    for (int step = size; step >= 2; step /= 2) {
      int half = step / 2;
      fill(half, half, step, half, half, displacement); // squares: from the diagonals
      fill(0, half, step, half, 0, displacement); // diamonds on rows
      fill(half, 0, step, half, 0, displacement); // diamonds on columns
      displacement /= decay * decay;
    }
  }

  /** Sets every point of a grid to the mean of four neighbours and a random displacement. */
  private void fill(int top, int left, int step, int half, int turn, double displacement) {
    for (int y = top; y < size; y += step) {
      for (int x = left; x < size; x += step) {
        double sum =
            at(y - half, x - turn)
                + at(y + half, x + turn)
                + at(y - turn, x + half)
                + at(y + turn, x - half);
        map[y * size + x] = sum / 4 + displacement * random.nextDouble(-1, 1);
      }
    }
  }

  private double at(int y, int x) {
    return map[Math.floorMod(y, size) * size + Math.floorMod(x, size)];
  }

  private float[] corner(int h, int w) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double value : map) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    float[] out = new float[h * w];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) ((map[i / w * size + i % w] - low) / (high - low));
    }
    return out;
  }
}
