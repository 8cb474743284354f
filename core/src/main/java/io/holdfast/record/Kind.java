package io.holdfast.record;

import java.util.Locale;

/** Why a row stands in the ledger. The order is the order of rows in a finished ledger. */
public enum Kind {
  /** The unperturbed sample. */
  CLEAN,
  /** An attack that counts for robust accuracy. */
  VERDICT,
  /** One of the attacks that a verdict's attack consists of, on the samples it was tried on. */
  STAGE,
  /** An attack at one of several magnitudes, for the curve of robust accuracy only. */
  CURVE,
  /** The sample under one natural corruption of one severity, which nobody chose against it. */
  CORRUPTION,
  /** A certificate for the sample. */
  CERTIFICATE;

  /** Whether rows tell who held and who fell; those of the others, who is right. */
  public boolean judgesAttacks() {
    return this == VERDICT || this == STAGE || this == CURVE;
  }

  /** The name in files: the constant in lower case. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
