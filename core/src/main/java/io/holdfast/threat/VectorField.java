package io.holdfast.threat;

import io.holdfast.tensor.Tensor;

/**
 * Transformations whose parameters are vectors at the points of a grid, between which they are
 * interpolated. Shapes: N batch, P parameters, V components of a vector, G points along an axis.
 */
public interface VectorField extends Parametric {
  /**
   * The parameters as a field.
   *
   * @param theta {@code [N, P]}
   * @param shape of one input
   * @return a view {@code [N, V, G, ...]}, with one G for each axis of the grid
   */
  Tensor field(Tensor theta, long[] shape);
}
