package io.holdfast.attack.library;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What people have decided about an entry; whether it has expired is a matter of the date alone.
 */
public enum Status {
  /** May be used. */
  ACTIVE,
  /** Kept on record and never used: consent is in doubt, or the example is under review. */
  SUSPENDED;

  /** The name in files: {@code active}, {@code suspended}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** All {@link #key keys}. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(Status::key).toList();
  }

  static Status of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }

  /** The one that allows less. */
  Status stricter(Status other) {
    return compareTo(other) >= 0 ? this : other;
  }
}
