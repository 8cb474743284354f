package io.holdfast.attack.minimal;

import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;

/** Lengths of slopes. Shapes: N samples, D components. */
final class Lengths {
  private Lengths() {}

  /**
   * The norm in which a linear function's slopes {@code w [N, D]} are measured, {@code [N, 1]}; L0
   * has none.
   */
  static Tensor dual(Norm norm, Tensor w) {
    return switch (norm) {
      case LINF -> Norm.L1.lengths(w);
      case L1 -> Norm.LINF.lengths(w);
      case L2 -> Norm.L2.lengths(w);
      case L0 -> throw new IllegalArgumentException("L0 has no dual norm");
    };
  }
}
