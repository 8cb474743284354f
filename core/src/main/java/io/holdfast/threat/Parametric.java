package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * Transformations {@code x' = T(x; theta)} with bounded parameters; theta = 0 changes nothing.
 * Results are clipped to the domain. Shapes: N batch, P parameters.
 */
public non-sealed interface Parametric extends PerturbationSet {
  /**
   * For each parameter the largest absolute value, in its own unit.
   *
   * @param shape of one input
   * @throws io.holdfast.common.InvalidInputException if the set does not take such inputs
   */
  List<Double> bounds(long[] shape);

  /**
   * The transformed inputs {@code [N, ...]}, on the tape where {@code theta} is.
   *
   * @param theta {@code [N, P]}
   * @param domain of the inputs
   */
  Tensor transform(Tensor clean, Tensor theta, Domain domain);

  /**
   * The same for one input in double: a slow twin that shares no code with {@link
   * #transform(Tensor, Tensor, Domain)}.
   */
  double[] transform(double[] clean, long[] shape, double[] theta, Domain domain);

  /** How far both transformations may be apart, in the units of the input. */
  double tolerance(long[] shape, Domain domain);

  @Override
  default Region around(Tensor clean, Domain domain) {
    return new ParametricRegion(this, clean, domain);
  }

  @Override
  default boolean contains(
      double[] clean, double[] other, long[] shape, double[] variables, Domain domain) {
    List<Double> bounds = bounds(shape);
    if (clean.length != other.length || variables.length != bounds.size()) {
      return false;
    }
    for (int i = 0; i < variables.length; i++) {
      if (!(Math.abs(variables[i]) <= bounds.get(i) * (1 + Additive.TOLERANCE))) {
        return false;
      }
    }
    double[] expected = transform(clean, shape, variables, domain);
    double tolerance = tolerance(shape, domain);
    for (int i = 0; i < expected.length; i++) {
      double clipped = Math.min(domain.high(), Math.max(domain.low(), expected[i]));
      if (!(Math.abs(clipped - other[i]) <= tolerance)) {
        return false;
      }
    }
    return domain.contains(other, Additive.TOLERANCE);
  }

  @Override
  default float[] witness(float[] variables) {
    return variables;
  }
}
