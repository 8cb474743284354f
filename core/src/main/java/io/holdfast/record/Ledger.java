package io.holdfast.record;

import io.holdfast.common.Provenance;
import java.util.List;

/**
 * One row per sample and attempt, to which an evaluation appends and from which every metric is a
 * view. A ledger holds at most one row per {@link Attempt#key} and sample; appending an equal row
 * again changes nothing. Not thread-safe.
 */
public interface Ledger extends AutoCloseable {

  /** A ledger that lives as long as the program. */
  static Ledger inMemory(Provenance provenance) {
    return new MemoryLedger(provenance);
  }

  /** Where the rows come from. */
  Provenance provenance();

  /**
   * Adds rows; those of one call become durable together, before the call returns.
   *
   * @throws InvariantViolationException if a row is there already with other values
   */
  void append(List<Attempt> rows);

  /** Whether there is a row of this attempt for the sample. */
  boolean contains(AttemptKey key, long sampleId);

  /** Number of rows. */
  long size();

  /** All rows, sorted as {@link Attempt#compareTo} says once the ledger is finished. */
  Iterable<Attempt> rows();

  /** Ends the run: nothing can be appended after it. */
  void finish();

  /** Releases what the ledger holds; rows that were appended stay. */
  @Override
  void close();
}
