package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [..., A, B]} times {@code [..., B, C]} for each sample; equal leading dimensions. */
public record MatMul() implements Layer {
  @Override
  public int minInputs() {
    return 2;
  }

  @Override
  public int maxInputs() {
    return 2;
  }

  @Override
  public long multiplications(List<TensorType> inputs) {
    return inputs.get(0).shape().count() * inputs.get(1).shape().size(-1);
  }

  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType a = inputs.get(0);
    TensorType b = inputs.get(1);
    Shape left = a.shape();
    Shape right = b.shape();
    if (!Checks.floating(inputs, problems)
        || !Checks.input(left.rank() >= 2, "at least two dimensions", a, problems)) {
      return null;
    }
    boolean fits =
        right.rank() == left.rank()
            && left.size(-1) == right.size(-2)
            && left.with(-1, 1).with(-2, 1).equals(right.with(-1, 1).with(-2, 1));
    return Checks.input(fits, "a right factor that fits " + left, b, problems)
        ? a.reshaped(left.with(-1, right.size(-1)))
        : null;
  }
}
