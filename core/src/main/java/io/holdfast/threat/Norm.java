package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Locale;
import java.util.Optional;

/** The norms in which the size of an additive perturbation {@code x' - x} is measured. */
public enum Norm {
  /** Number of changed components. */
  L0,
  /** Sum of absolute changes. */
  L1,
  /** Euclidean length. */
  L2,
  /** Largest absolute change. */
  LINF;

  /**
   * The name in files and on the command line: {@code l0}, {@code l1}, {@code l2}, {@code linf}.
   */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name in sentences, such as {@code L-infinity}. */
  public String words() {
    return this == LINF ? "L-infinity" : name();
  }

  /** The length of each row of {@code d [N, D]}: {@code [N, 1]}. */
  public Tensor lengths(Tensor d) {
    return switch (this) {
      case L0 -> d.ne(Tensors.zerosLike(d)).to(d.type()).sumKeep(1); // [N, 1]
      case L1 -> d.abs().sumKeep(1); // [N, 1]
      case L2 -> d.square().sumKeep(1).sqrt(); // [N, 1]
      case LINF -> d.abs().max(1).unsqueeze(1); // [N, 1]
    };
  }

  /** The norm of that {@link #key}, if there is one. */
  public static Optional<Norm> ofKey(String key) {
    for (Norm norm : values()) {
      if (norm.key().equals(key)) {
        return Optional.of(norm);
      }
    }
    return Optional.empty();
  }
}
