package io.holdfast.model.plan;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;

/**
 * Where a plan's weights live: cast and laid out once.
 *
 * @param type that the plan computes in
 * @param device where it computes
 */
record Store(SharedScope owner, DType type, Device device) {
  /** A copy in the plan's type that lives as long as the plan. */
  Tensor keep(Tensor weight) {
    return owner.adopt(weight.to(type).clone());
  }

  /** A copy in float32 that lives as long as the plan. */
  Tensor keepExact(Tensor weight) {
    return owner.adopt(weight.to(DType.FLOAT32).clone());
  }

  /** As {@link #keep}, of images, in channels-last memory order. */
  Tensor keepImages(Tensor weight) {
    return owner.adopt(weight.to(type).channelsLast());
  }
}
