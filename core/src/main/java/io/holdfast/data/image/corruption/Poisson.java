package io.holdfast.data.image.corruption;

/**
 * Poisson variates by inversion, searched from the mode outwards (Devroye 1986, section X.3.3): one
 * uniform number each, about twice the square root of the mean in steps.
 */
final class Poisson {
  /** Largest mean. */
  static final int MOST = 1 << 10;

  private static final double[] LOG_FACTORIAL = new double[MOST + 2];

  static {
    for (int k = 2; k < LOG_FACTORIAL.length; k++) {
      LOG_FACTORIAL[k] = LOG_FACTORIAL[k - 1] + StrictMath.log(k);
    }
  }

  private Poisson() {}

  /**
   * The variate that belongs to a uniform number; not monotone in it.
   *
   * @param mean in [0, {@value #MOST}]
   * @param u in [0, 1)
   */
  static int draw(double mean, double u) {
    if (mean <= 0) {
      return 0;
    }
    int mode = (int) mean;
    double chance = StrictMath.exp(mode * StrictMath.log(mean) - mean - LOG_FACTORIAL[mode]);
    double left = u - chance;
    int down = mode - 1;
    int up = mode + 1;
    double below = chance * mode / mean; // chance of down
    double above = chance * mean / up; // chance of up
    int k = mode;
    while (left >= 0 && above > 0) {
      if (down >= 0 && below >= above) {
        k = down;
        left -= below;
        below *= down / mean;
        down--;
      } else {
        k = up;
        left -= above;
        up++;
        above *= mean / up;
      }
    }
    return left < 0 ? k : mode;
  }
}
