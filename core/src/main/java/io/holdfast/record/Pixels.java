package io.holdfast.record;

import java.util.Arrays;

/** One image as numbers, immutable: {@code [C, H, W]} in row-major order, in [0, 1]. */
public final class Pixels {
  private final int channels;
  private final int height;
  private final int width;
  private final float[] values;

  private Pixels(float[] values, int channels, int height, int width) {
    this.values = values;
    this.channels = channels;
    this.height = height;
    this.width = width;
  }

  /**
   * A copy of some values.
   *
   * @throws IllegalArgumentException if the sizes are not positive, or do not fit the values
   */
  public static Pixels of(float[] values, int channels, int height, int width) {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "expected positive sizes, found [%d, %d, %d]".formatted(channels, height, width));
    }
    if ((long) channels * height * width != values.length) {
      throw new IllegalArgumentException(
          "an image [%d, %d, %d] does not have %d values"
              .formatted(channels, height, width, values.length));
    }
    return new Pixels(values.clone(), channels, height, width);
  }

  /** Number of colours. */
  public int channels() {
    return channels;
  }

  /** Number of rows. */
  public int height() {
    return height;
  }

  /** Number of columns. */
  public int width() {
    return width;
  }

  /** A copy of the values. */
  public float[] values() {
    return values.clone();
  }

  /** Whether the other image has the same three sizes. */
  public boolean sameShape(Pixels other) {
    return channels == other.channels && height == other.height && width == other.width;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Pixels that && sameShape(that) && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Pixels[%d, %d, %d]".formatted(channels, height, width);
  }
}
