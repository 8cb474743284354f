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
 * Batch normalisation over the batch and every dimension but the channels (Ioffe and Szegedy 2015,
 * algorithm 1), of {@code [C]} or {@code [C, ...]}. Parameters: {@code weight}, {@code bias},
 * {@code running_mean}, {@code running_var}, each {@code [C]}.
 *
 * @param momentum share of the new statistics in the running ones, in [0, 1]
 */
public record BatchNorm(double eps, double momentum) implements Layer {
  public BatchNorm {
    Checks.of("batch_norm").positive("eps", eps).within("momentum", 0, 1, momentum).done();
  }

  /** With PyTorch's defaults: eps 1e-5, momentum 0.1. */
  public BatchNorm() {
    this(1e-5, 0.1);
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean right = x.dtype().isFloating() && x.shape().rank() >= 1;
    return Checks.input(right, "a floating tensor [C, ...]", x, problems) ? x : null;
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    Shape channels = Shape.of(inputs.get(0).shape().size(0));
    return List.of(
        new ParameterSpec("weight", channels, Kind.SCALE),
        new ParameterSpec("bias", channels, Kind.SHIFT),
        new ParameterSpec("running_mean", channels, Kind.RUNNING_MEAN),
        new ParameterSpec("running_var", channels, Kind.RUNNING_VARIANCE));
  }
}
