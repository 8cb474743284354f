package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.ParameterSpec;
import io.holdfast.model.graph.TensorType;
import io.holdfast.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head scaled dot-product self-attention with its projections (Vaswani et al. 2017, section
 * 3.2) of {@code [L, D]}. An optional second input, boolean {@code [L]}, is true where a position
 * may be attended to; each sample has at least one such. Parameters: {@code qkv.weight [3D, D]}
 * (query, key, value in this order), {@code qkv.bias}, {@code out.weight [D, D]}, {@code out.bias}.
 *
 * @param heads divides D
 */
public record SelfAttention(int heads) implements Layer {
  public SelfAttention {
    Checks.of("self_attention").atLeast("heads", 1, heads).done();
  }

  @Override
  public int maxInputs() {
    return 2;
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType x = inputs.get(0);
    boolean sequence =
        x.dtype().isFloating() && x.shape().rank() == 2 && x.shape().size(1) % heads == 0;
    String expected = "a floating tensor [L, D] with D a multiple of " + heads + " heads";
    if (!Checks.input(sequence, expected, x, problems)) {
      return null;
    }
    if (inputs.size() == 2) {
      TensorType mask = inputs.get(1);
      TensorType wanted = TensorType.floats(x.shape().size(0));
      boolean fits = mask.dtype() == DType.BOOL && mask.shape().equals(wanted.shape());
      if (!Checks.input(fits, "a mask bool " + wanted.shape(), mask, problems)) {
        return null;
      }
    }
    return x;
  }

  /** {@inheritDoc} Four projections, the scores and the sums by them. */
  @Override
  public long multiplications(List<TensorType> inputs) {
    long length = inputs.get(0).shape().size(0);
    long width = inputs.get(0).shape().size(1);
    return 4 * length * width * width + 2 * length * length * width;
  }

  @Override
  public List<ParameterSpec> parameters(List<TensorType> inputs) {
    long width = inputs.get(0).shape().size(1);
    List<ParameterSpec> all = new ArrayList<>(Linear.projection("qkv.", width, 3 * width, true));
    all.addAll(Linear.projection("out.", width, width, true));
    return all;
  }
}
