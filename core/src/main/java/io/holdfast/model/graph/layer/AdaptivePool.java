package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One value for each of a fixed number of windows over each channel of {@code [C, H, W]}: output
 * row i covers input rows {@code floor(i * H / h)} to {@code ceil((i + 1) * H / h)}, columns
 * likewise.
 */
public sealed interface AdaptivePool extends Layer permits AdaptiveAvgPool2d, AdaptiveMaxPool2d {
  /** Height h and width w of the output. */
  Size size();

  @Override
  default @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    return Checks.image(x, problems)
        ? x.reshaped(Shape.of(x.shape().size(0), size().height(), size().width()))
        : null;
  }
}
