package io.holdfast.data.image;

/** What is read beyond the edges of an image. */
public enum Border {
  /** Nothing: zeros. */
  ZERO,
  /** The nearest pixel: {@code a a | a b c | c c}. */
  NEAREST,
  /** Mirrored between pixels: {@code b a | a b c | c b}. */
  REFLECT,
  /** Mirrored on the outermost pixel: {@code c b | a b c | b a}. */
  MIRROR;

  /**
   * The position among {@code 0 .. n-1} that stands for {@code i}, or -1 for none.
   *
   * @param n at least 1
   */
  public int index(int i, int n) {
    if (i >= 0 && i < n) {
      return i;
    }
    return switch (this) {
      case ZERO -> -1;
      case NEAREST -> i < 0 ? 0 : n - 1;
      case REFLECT -> fold(Math.floorMod(i, 2 * n), 2 * n - 1, n);
      case MIRROR -> n == 1 ? 0 : fold(Math.floorMod(i, 2 * n - 2), 2 * n - 2, n);
    };
  }

  private static int fold(int i, int sum, int n) {
    return i < n ? i : sum - i;
  }
}
