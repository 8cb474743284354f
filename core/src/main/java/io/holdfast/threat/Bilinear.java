package io.holdfast.threat;

/** Reading a plane between its pixels, in double. */
final class Bilinear {
  private Bilinear() {}

  /**
   * The value at a place, with zeros outside.
   *
   * @param values with one plane from {@code offset} on, row-major
   */
  static double at(double[] values, int offset, int height, int width, double row, double column) {
    int top = (int) Math.floor(row);
    int left = (int) Math.floor(column);
    double sum = 0;
    for (int r = top; r <= top + 1; r++) {
      for (int c = left; c <= left + 1; c++) {
        if (r >= 0 && r < height && c >= 0 && c < width) {
          double weight = (1 - Math.abs(row - r)) * (1 - Math.abs(column - c));
          sum += weight * values[offset + r * width + c];
        }
      }
    }
    return sum;
  }
}
