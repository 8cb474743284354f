package io.holdfast.attack.library;

import java.util.Locale;

/**
 * Something in a library that is not used, and why.
 *
 * @param id of the entry as far as it is known, else empty
 * @param fault which check it did not pass
 * @param where file and line or row
 * @param reason in words: what was expected and found
 */
public record LeftOut(String id, Fault fault, String where, String reason) {
  /** Why an entry is left out. */
  public enum Fault {
    /** A file is missing, cut short or cannot be read. */
    DAMAGED,
    /** Content or description is no longer what was written. */
    CHANGED,
    /** The label is another one than the example was made with. */
    LABEL,
    /** The perturbed input is not inside the threat model. */
    OUTSIDE,
    /** The attacked model no longer falls for it. */
    HOLDS,
    /** Clean input or label is not that of the data set. */
    SOURCE,
    /** The date has come. */
    EXPIRED,
    /** Suspended by decision. */
    SUSPENDED,
    /** Consent or licence is none of those that were asked for. */
    TERMS;

    /** The name in JSON, such as {@code outside}. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** False for what is sound and may not be used all the same. */
    public boolean isDamage() {
      return this != EXPIRED && this != SUSPENDED && this != TERMS;
    }
  }

  /** One line for people. */
  public String message() {
    String name = id.isEmpty() ? "" : " " + id.substring(0, Math.min(12, id.length()));
    return where + ":" + name + " left out: " + reason;
  }
}
