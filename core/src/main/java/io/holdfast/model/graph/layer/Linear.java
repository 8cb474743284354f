package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.ParameterSpec.Kind;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code [*, F] -> [*, O]}. Parameters: {@code weight [O, F]} and, with {@code bias}, {@code bias
 * [O]}.
 *
 * @param features outputs O
 */
public record Linear(int features, boolean bias) implements Layer {
  public Linear {
    Checks.of("linear").atLeast("features", 1, features).done();
  }

  /** With bias. */
  public static Linear of(int features) {
    return new Linear(features, true);
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right = x.dtype().isFloating() && x.shape().rank() >= 1;
    return Checks.input(right, "a floating tensor [..., F]", x, problems)
        ? x.reshaped(x.shape().with(-1, features))
        : null;
  }

  @Override
  public long multiplications(List<TensorType> inputs) {
    return inputs.get(0).shape().count() * features;
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    return projection("", inputs.get(0).shape().size(-1), features, bias);
  }

  /** Weight and bias of one projection, their names behind {@code prefix}. */
  static List<ParameterSpec> projection(String prefix, long in, long out, boolean bias) {
    List<ParameterSpec> all = new ArrayList<>();
    all.add(new ParameterSpec(prefix + "weight", Shape.of(out, in), Kind.WEIGHT, in, out));
    if (bias) {
      all.add(new ParameterSpec(prefix + "bias", Shape.of(out), Kind.BIAS, in, out));
    }
    return all;
  }
}
