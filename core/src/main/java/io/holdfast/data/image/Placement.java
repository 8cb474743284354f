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

  /**
   * Moves values.
   *
   * @param from images {@code [c, h, w]} one after the other, not changed
   * @param at where this one begins
   * @param into changed, as many values from the same place on
   * @param outside what stands where there is nothing
   */
  public void move(float[] from, float[] into, int at, int c, int h, int w, float outside) {
    int to = at;
    for (int plane = at; plane < at + c * h * w; plane += h * w) {
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
