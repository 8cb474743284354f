package io.holdfast.record;

import java.util.Comparator;

/**
 * What was attempted, whatever the sample; a ledger holds at most one row per key and sample.
 *
 * @param kind why
 * @param attempt {@code clean}, or the key of the attack or certificate
 * @param threat id of the threat model; empty where there is none
 * @param epsilon magnitude of the attempt; 0 for clean rows and for certificates, whose radius is a
 *     result of each sample
 */
public record AttemptKey(Kind kind, String attempt, String threat, double epsilon)
    implements Comparable<AttemptKey> {
  private static final Comparator<AttemptKey> ORDER =
      Comparator.comparing(AttemptKey::kind)
          .thenComparing(AttemptKey::attempt)
          .thenComparing(AttemptKey::threat)
          .thenComparingDouble(AttemptKey::epsilon);

  /** The key of clean rows. */
  public static AttemptKey clean() {
    return new AttemptKey(Kind.CLEAN, Attempt.CLEAN, "", 0);
  }

  @Override
  public int compareTo(AttemptKey other) {
    return ORDER.compare(this, other);
  }
}
