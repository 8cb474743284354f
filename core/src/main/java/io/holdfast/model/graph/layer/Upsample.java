package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code [C, H, W]} enlarged by whole factors.
 *
 * @param factor in each spatial dimension
 */
public record Upsample(Size factor, Mode mode) implements Layer {
  /** How new pixels come about. */
  public enum Mode {
    /** A copy of the nearest pixel. */
    NEAREST,
    /** Interpolated between the four nearest pixel centres (corners not aligned). */
    BILINEAR
  }

  public Upsample {
    Checks.of("upsample").atLeast("factor", 1, factor).done();
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    if (!Checks.image(x, problems)) {
      return null;
    }
    Shape s = x.shape();
    return x.reshaped(Shape.of(s.size(0), s.size(1) * factor.height(), s.size(2) * factor.width()));
  }
}
