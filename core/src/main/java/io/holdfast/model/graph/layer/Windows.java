package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import org.jspecify.annotations.Nullable;

/** Settings and sizes of what slides a window over an image. */
final class Windows {
  private Windows() {}

  /** Refuses what no pooling layer of this name may be. */
  static void require(String layer, Size kernel, Size stride, Size padding) {
    Checks.of(layer)
        .atLeast("kernel", 1, kernel)
        .atLeast("stride", 1, stride)
        .atLeast("padding", 0, padding)
        .require(
            2L * padding.height() <= kernel.height() && 2L * padding.width() <= kernel.width(),
            "padding",
            "at most half of the kernel",
            padding)
        .done();
  }

  /**
   * The shape {@code [channels, H', W']} that a window leaves; null, with the problem added, if it
   * is larger than the padded image.
   */
  static @Nullable Shape slide(
      long channels, TensorType x, Size window, Size stride, Size padding, Problems problems) {
    long height = x.shape().size(1) + 2L * padding.height() - window.height();
    long width = x.shape().size(2) + 2L * padding.width() - window.width();
    String expected = "an image of at least " + window + " with its padding of " + padding;
    if (!Checks.input(height >= 0 && width >= 0, expected, x, problems)) {
      return null;
    }
    return Shape.of(channels, height / stride.height() + 1, width / stride.width() + 1);
  }
}
