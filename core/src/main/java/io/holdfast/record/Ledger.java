package io.holdfast.record;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import java.nio.file.Path;
import java.util.List;

/**
 * One row per sample and attempt, to which an evaluation appends and from which every metric is a
 * view. A ledger holds at most one row per {@link Attempt#key} and sample; appending an equal row
 * again changes nothing. Not thread-safe.
 */
public interface Ledger extends AutoCloseable {
  /** Where a large ledger is sorted while it is written, beside its segments. */
  String SPILL = "spill";

  /** A ledger that lives as long as the program. */
  static Ledger inMemory(Provenance provenance) {
    return new MemoryLedger(provenance);
  }

  /**
   * Opens the ledger in an output folder to append to it, and to continue it if there is one:
   * {@code ledger.d} with checksummed segments while the run goes on, {@code ledger.parquet} once
   * it is finished. What a kill has left half written is cut off; everything before it is kept.
   *
   * @throws InvalidInputException if the folder cannot be written, another process has the ledger
   *     open, it is damaged, or it comes from another configuration, seed, data set or code version
   */
  static Ledger open(Path outputFolder, Provenance provenance) {
    return FileLedger.open(outputFolder, provenance, false);
  }

  /**
   * Refuses to go on with the ledger in an output folder, if there is one; changes nothing.
   *
   * @throws InvalidInputException if it is damaged, or comes from another configuration, seed, data
   *     set or code version
   */
  static void requireSame(Path outputFolder, Provenance provenance) {
    FileLedger.requireSame(outputFolder, provenance);
  }

  /** As {@link #open}, but deletes the ledger that may be there first. */
  static Ledger create(Path outputFolder, Provenance provenance) {
    return FileLedger.open(outputFolder, provenance, true);
  }

  /**
   * Reads a ledger without changing it; a torn end is passed over.
   *
   * @param path an output folder, its {@code ledger.d} or its {@code ledger.parquet}
   * @throws InvalidInputException if there is none; iterating over the rows throws it where they
   *     are damaged
   */
  static LedgerContent read(Path path) {
    return LedgerContent.read(path);
  }

  /** Where the rows come from. */
  Provenance provenance();

  /**
   * Adds rows; those of one call become durable together, before the call returns.
   *
   * @return those that were not there yet
   * @throws InvariantViolationException if a row is there already with other values
   */
  List<Attempt> append(List<Attempt> rows);

  /** Whether there is a row of this attempt for the sample. */
  boolean contains(AttemptKey key, long sampleId);

  /** Number of rows. */
  long size();

  /** All rows, sorted as {@link Attempt#compareTo} says once the ledger is finished. */
  Iterable<Attempt> rows();

  /**
   * Ends the run: nothing can be appended after it. A ledger on disk becomes {@code
   * ledger.parquet}, the same bytes for the same rows, and its segments are deleted.
   */
  void finish();

  /** Releases what the ledger holds; rows that were appended stay. */
  @Override
  void close();
}
