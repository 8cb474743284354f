package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of each sample over groups of channels (Wu and He 2018, equation 7), of {@code [C,
 * ...]}. Parameters: {@code weight}, {@code bias}, each {@code [C]}.
 *
 * @param groups divides C
 */
public record GroupNorm(int groups, double eps) implements Layer {
  public GroupNorm {
    Checks.of("group_norm").atLeast("groups", 1, groups).positive("eps", eps).done();
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right =
        x.dtype().isFloating() && x.shape().rank() >= 1 && x.shape().size(0) % groups == 0;
    String expected = "a floating tensor [C, ...] with C a multiple of " + groups;
    return Checks.input(right, expected, x, problems) ? x : null;
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    Shape channels = Shape.of(inputs.get(0).shape().size(0));
    return List.of(
        new ParameterSpec("weight", channels, Kind.SCALE),
        new ParameterSpec("bias", channels, Kind.SHIFT));
  }
}
