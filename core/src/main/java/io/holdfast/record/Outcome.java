package io.holdfast.record;

import java.util.Locale;
import java.util.Set;

/** How an attempt ended. */
public enum Outcome {
  /** Clean or corrupted sample, predicted as labelled. */
  CORRECT,
  /** Clean or corrupted sample, predicted otherwise. */
  WRONG,
  /** The attack did not reach its goal. */
  HELD,
  /** The attack reached its goal. */
  FELL,
  /** Not attacked, since the clean sample is wrong already; counts as not robust. */
  SKIPPED_WRONG,
  /** The prediction is right and proven constant within the row's epsilon. */
  CERTIFIED,
  /** No proof was found, or the proven prediction is wrong. */
  ABSTAINED;

  private static final Set<Outcome> OF_ATTACKS = Set.of(HELD, FELL, SKIPPED_WRONG);

  /** The name in files: the constant in lower case. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a row of this kind may end so. */
  public boolean fits(Kind kind) {
    return switch (kind) {
      case CLEAN, CORRUPTION -> this == CORRECT || this == WRONG;
      case VERDICT, CURVE -> OF_ATTACKS.contains(this);
      case STAGE -> this == HELD || this == FELL;
      case CERTIFICATE -> this == CERTIFIED || this == ABSTAINED;
    };
  }
}
