package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Largest values of {@code [C, H, W]} over windows that give a fixed size: output row i covers
 * input rows {@code floor(i * H / h)} to {@code ceil((i + 1) * H / h)}, columns likewise.
 *
 * @param size of the output
 */
public record AdaptiveMaxPool2d(Size size) implements Layer {
  public AdaptiveMaxPool2d {
    Checks.of("adaptive_max_pool2d").atLeast("size", 1, size).done();
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    return Checks.image(x, problems)
        ? x.reshaped(Shape.of(x.shape().size(0), size.height(), size.width()))
        : null;
  }
}
