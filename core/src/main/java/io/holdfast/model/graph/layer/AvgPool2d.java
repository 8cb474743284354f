package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mean of each window of {@code [C, H, W]}; padded zeros count.
 *
 * @param padding at most half of {@code kernel}
 */
public record AvgPool2d(Size kernel, Size stride, Size padding) implements Layer {
  public AvgPool2d {
    Checks.of("avg_pool2d")
        .atLeast("kernel", 1, kernel)
        .atLeast("stride", 1, stride)
        .atLeast("padding", 0, padding)
        .require(
            2 * padding.height() <= kernel.height() && 2 * padding.width() <= kernel.width(),
            "padding",
            "at most half of the kernel",
            padding)
        .done();
  }

  /** A square window that moves by its own size, without padding. */
  public static AvgPool2d of(int kernel) {
    return new AvgPool2d(Size.of(kernel), Size.of(kernel), Size.of(0));
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.image(x, problems)) {
      return null;
    }
    Shape shape = Windows.slide(x.shape().size(0), x, kernel, stride, padding, problems);
    return shape == null ? null : x.reshaped(shape);
  }
}
