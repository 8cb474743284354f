package io.holdfast.verify.bound;

import io.holdfast.tensor.Tensor;
import java.util.function.UnaryOperator;

/**
 * A box: what lies between two tensors of one shape, element by element.
 *
 * @param lower {@code [N, ...]}
 * @param upper {@code [N, ...]}, nowhere below {@code lower}
 */
public record Bounds(Tensor lower, Tensor upper) {
  /** The box around a centre. */
  static Bounds around(Tensor centre, Tensor radius) {
    return new Bounds(centre.sub(radius), centre.add(radius));
  }

  /** The L-infinity ball around {@code x}, cut to a range of valid values. */
  public static Bounds ball(Tensor x, double radius, double low, double high) {
    return new Bounds(x.sub(radius).clampInPlace(low, high), x.add(radius).clampInPlace(low, high));
  }

  /** The nearest point of the box, {@code [N, ...]}. */
  public Tensor clamp(Tensor x) {
    return x.maximum(lower).minimum(upper);
  }

  /** The middle, {@code [N, ...]}. */
  Tensor centre() {
    return lower.add(upper).mul(0.5);
  }

  /** Half the width, {@code [N, ...]}. */
  Tensor radius() {
    return upper.sub(lower).mul(0.5);
  }

  /** What a function gives that nowhere falls, element by element or by weights of one sign. */
  Bounds map(UnaryOperator<Tensor> rising) {
    return new Bounds(rising.apply(lower), rising.apply(upper));
  }
}
