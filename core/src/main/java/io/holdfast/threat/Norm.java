package io.holdfast.threat;

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
