package io.holdfast.model.graph.layer;

/**
 * The largest value in each window of {@code [C, H, W]}; padding never wins.
 *
 * @param padding at most half of {@code kernel}
 */
public record MaxPool2d(Size kernel, Size stride, Size padding) implements WindowPool {
  public MaxPool2d {
    Windows.require("max_pool2d", kernel, stride, padding);
  }

  /** A square window that moves by its own size, without padding. */
  public static MaxPool2d of(int kernel) {
    return new MaxPool2d(Size.of(kernel), Size.of(kernel), Size.of(0));
  }
}
