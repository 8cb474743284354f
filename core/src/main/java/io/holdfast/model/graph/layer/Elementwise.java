package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A layer without parameters whose output has the shape of its one floating input. */
public interface Elementwise extends Layer {
  @Override
  default @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    return Checks.floating(inputs, problems) ? inputs.get(0) : null;
  }
}
