package io.holdfast.attack;

import io.holdfast.tensor.Tensor;

/**
 * How a search lets the model see the inputs: a differentiable transformation, so that what it
 * finds holds under such transformations too.
 */
@FunctionalInterface
public interface View {
  /** The inputs as they are. */
  View PLAIN = x -> x;

  /** What the model sees of {@code inputs [N, ...]}, of the same shape; on their tape. */
  Tensor of(Tensor inputs);

  /** This one, and what the other lets be seen of that. */
  default View then(View other) {
    return x -> other.of(of(x));
  }
}
