package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;

/** Lengths of rows. Shapes: N samples, D components. */
final class Lengths {
  private Lengths() {}

  /** The norm of each row of {@code d [N, D]}: {@code [N, 1]}. */
  static Tensor of(Norm norm, Tensor d) {
    return switch (norm) {
      case LINF -> d.abs().max(1).unsqueeze(1); // [N, 1]
      case L2 -> d.square().sumKeep(1).sqrt(); // [N, 1]
      case L1 -> d.abs().sumKeep(1); // [N, 1]
      default -> throw new IllegalArgumentException("no length in " + norm.key());
    };
  }

  /** The norm in which a linear function's slopes are measured, {@code [N, 1]}. */
  static Tensor dual(Norm norm, Tensor w) {
    return switch (norm) {
      case LINF -> of(Norm.L1, w);
      case L1 -> of(Norm.LINF, w);
      default -> of(norm, w);
    };
  }
}
