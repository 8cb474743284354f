package io.holdfast.model.graph.layer;

/**
 * The mean of each window of {@code [C, H, W]}; padded zeros count.
 *
 * @param padding at most half of {@code kernel}
 */
public record AvgPool2d(Size kernel, Size stride, Size padding) implements WindowPool {
  public AvgPool2d {
    Windows.require("avg_pool2d", kernel, stride, padding);
  }

  /** A square window that moves by its own size, without padding. */
  public static AvgPool2d of(int kernel) {
    return new AvgPool2d(Size.of(kernel), Size.of(kernel), Size.of(0));
  }
}
