package io.holdfast.data.image;

/**
 * Where flips and shifts put the pixels of an image: the result's value at row y and column x is
 * the source's at row {@code y + down} and column {@code x + right}, or {@code w - 1 - x + right}
 * where it is mirrored; outside the source there is nothing.
 *
 * @param mirrored left and right
 * @param right columns
 * @param down rows
 */
public record Placement(boolean mirrored, int right, int down) {
  /** Every pixel where it was. */
  public static final Placement SAME = new Placement(false, 0, 0);

  /** This one first, then the other. */
  public Placement then(Placement next) {
    return new Placement(
        mirrored != next.mirrored, right + (mirrored ? -next.right : next.right), down + next.down);
  }

  /** What puts every pixel that is still there back to where it was. */
  public Placement inverse() {
    return new Placement(mirrored, mirrored ? right : -right, -down);
  }

  /** Moves the pixels {@code [c, h, w]} of an image in place; there is zero where nothing is. */
  void apply(float[] pixels, int c, int h, int w) {
    if (!equals(SAME)) {
      move(pixels.clone(), pixels, c, h, w, 0);
    }
  }

  /**
   * Moves values.
   *
   * @param from an image {@code [c, h, w]}, not changed
   * @param into another array, changed
   * @param outside what stands where there is nothing
   */
  public void move(float[] from, float[] into, int c, int h, int w, float outside) {
    int to = 0;
    for (int plane = 0; plane < c * h * w; plane += h * w) {
      for (int y = down; y < h + down; y++) {
        for (int column = 0; column < w; column++) {
          int x = (mirrored ? w - 1 - column : column) + right;
          boolean inside = y >= 0 && y < h && x >= 0 && x < w;
          into[to++] = inside ? from[plane + y * w + x] : outside;
        }
      }
    }
  }
}
