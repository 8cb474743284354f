package io.holdfast.model.graph.layer;

/** A pair of whole numbers, one for each spatial dimension. */
public record Size(int height, int width) {
  /** The same in both dimensions. */
  public static Size of(int both) {
    return new Size(both, both);
  }

  public long[] toArray() {
    return new long[] {height, width};
  }

  /** Such as {@code 3x3}. */
  @Override
  public String toString() {
    return height + "x" + width;
  }
}
