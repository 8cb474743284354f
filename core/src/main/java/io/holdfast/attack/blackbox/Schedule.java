package io.holdfast.attack.blackbox;

/** How the share that a proposal changes falls as queries are spent; made for 10,000 of them. */
final class Schedule {
  /** Square windows (Andriushchenko et al. 2020, section 5). */
  static final Schedule SQUARE =
      new Schedule(
          10, 2, 50, 4, 200, 8, 500, 16, 1000, 32, 2000, 64, 4000, 128, 6000, 256, 8000, 512);

  /** Pixels of Sparse-RS (Croce et al. 2022, appendix). */
  static final Schedule PIXELS =
      new Schedule(0, 2, 50, 4, 200, 5, 500, 6, 1000, 8, 2000, 10, 4000, 12, 6000, 15, 8000, 20);

  /** Patches and frames of Sparse-RS (Croce et al. 2022, appendix). */
  static final Schedule REGIONS =
      new Schedule(10, 2, 50, 4, 200, 8, 500, 16, 1000, 32, 4000, 64, 8000, 128);

  private static final double LENGTH = 10_000;

  private final int[] table; // a step after which the share is divided, and by what, in turn

  private Schedule(int... table) {
    this.table = table;
  }

  /**
   * The share at a step.
   *
   * @param first the share at step 0
   * @param planned queries that there are
   * @param stretched whether the schedule is stretched to them
   */
  double share(double first, int step, int planned, boolean stretched) {
    int scheduled = stretched ? (int) (step / (double) planned * LENGTH) : step;
    int divisor = 1;
    for (int i = 0; i < table.length; i += 2) {
      divisor = scheduled > table[i] ? table[i + 1] : divisor;
    }
    return first / divisor;
  }
}
