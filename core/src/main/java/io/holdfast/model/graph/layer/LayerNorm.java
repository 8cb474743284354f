package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of each sample over its last dimensions (Ba et al. 2016, equation 4). Parameters:
 * {@code weight}, {@code bias}, both of the shape of these dimensions.
 *
 * @param dims how many of the last dimensions
 */
public record LayerNorm(int dims, double eps) implements Layer {
  public LayerNorm {
    Checks.of("layer_norm").atLeast("dims", 1, dims).positive("eps", eps).done();
  }

  /** Over the last dimension. */
  public static LayerNorm last(double eps) {
    return new LayerNorm(1, eps);
  }

  /** The part of the input's shape that is normalised over. */
  public Shape normalised(Shape input) {
    long[] all = input.toArray();
    return Shape.of(Arrays.copyOfRange(all, all.length - dims, all.length));
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right = x.dtype().isFloating() && x.shape().rank() >= dims;
    String expected = "a floating tensor of at least " + dims + " dimensions";
    return Checks.input(right, expected, x, problems) ? x : null;
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    Shape shape = normalised(inputs.get(0).shape());
    return List.of(
        new ParameterSpec("weight", shape, Kind.SCALE),
        new ParameterSpec("bias", shape, Kind.SHIFT));
  }
}
