package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.tensor.DType;
import java.util.List;

/**
 * A learned tensor that is the same for each sample, such as a class token or position embeddings.
 * Takes no input. Parameter: {@code value} of this shape.
 */
public record Constant(Shape shape) implements Layer {
  @Override
  public int minInputs() {
    return 0;
  }

  @Override
  public int maxInputs() {
    return 0;
  }

  @Override
  public TensorType output(List<TensorType> inputs, Problems problems) {
    return new TensorType(DType.FLOAT32, shape);
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    return List.of(new ParameterSpec("value", shape, Kind.CONSTANT));
  }
}
