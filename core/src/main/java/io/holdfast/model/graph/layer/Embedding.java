package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.tensor.DType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a learned table: int64 {@code [*]} to {@code [*, D]}. Parameter: {@code weight [V, D]}.
 *
 * @param vocabulary rows V; ids are 0 .. V-1
 * @param width columns D
 */
public record Embedding(int vocabulary, int width) implements Layer {
  public Embedding {
    Checks.of("embedding").atLeast("vocabulary", 1, vocabulary).atLeast("width", 1, width).done();
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType ids = inputs.get(0);
    if (!Checks.input(ids.dtype() == DType.INT64, "ids of type int64", ids, problems)) {
      return null;
    }
    long[] shape = Arrays.copyOf(ids.shape().toArray(), ids.shape().rank() + 1);
    shape[shape.length - 1] = width;
    return TensorType.floats(shape);
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    return List.of(new ParameterSpec("weight", Shape.of(vocabulary, width), Kind.TABLE));
  }
}
