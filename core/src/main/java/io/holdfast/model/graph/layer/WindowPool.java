package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One value for each place of a window that slides over each channel of {@code [C, H, W]}. */
public sealed interface WindowPool extends Layer permits AvgPool2d, MaxPool2d {
  Size kernel();

  Size stride();

  /** At most half of {@link #kernel}. */
  Size padding();

  @Override
  default @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.image(x, problems)) {
      return null;
    }
    Shape shape = Windows.slide(x.shape().size(0), x, kernel(), stride(), padding(), problems);
    return shape == null ? null : x.reshaped(shape);
  }
}
