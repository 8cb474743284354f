package io.holdfast.record;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.FolderLock;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A ledger on disk. */
final class FileLedger implements Ledger {
  private static final String LOCK = "lock";

  private final Path parquet;
  private final Path folder;
  private final Provenance provenance;
  private final FolderLock lock;
  private final RowIndex index = new RowIndex();
  private @Nullable SegmentWriter writer;

  private FileLedger(Path output, Provenance provenance, FolderLock lock) {
    this.parquet = output.resolve(LedgerContent.PARQUET);
    this.folder = output.resolve(LedgerContent.SEGMENTS);
    this.provenance = provenance;
    this.lock = lock;
  }

  static FileLedger open(Path output, Provenance provenance, boolean afresh) {
    if (Files.isRegularFile(output)) {
      throw new InvalidInputException(output.toString(), "", "an output folder", "a file");
    }
    AtomicFiles.ensureWritableFolder(output);
    FileLedger ledger = new FileLedger(output, provenance, lock(output));
    try {
      ledger.start(afresh);
      return ledger;
    } catch (RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  private void start(boolean afresh) {
    if (afresh) {
      AtomicFiles.delete(parquet);
      deleteFilesBut(LOCK);
    }
    Segments.repair(folder);
    requireSame(parquet, folder, provenance);
    rows().forEach(index::add);
    List<Path> segments = Segments.list(folder);
    int last = segments.isEmpty() ? 0 : Segments.number(segments.get(segments.size() - 1));
    writer = new SegmentWriter(folder, Json.canonical(provenance), last + 1);
  }

  static void requireSame(Path output, Provenance provenance) {
    requireSame(
        output.resolve(LedgerContent.PARQUET), output.resolve(LedgerContent.SEGMENTS), provenance);
  }

  private static void requireSame(Path parquet, Path folder, Provenance provenance) {
    LedgerContent.provenance(parquet, folder)
        .ifPresent(
            earlier ->
                provenance.requireSame(
                    earlier,
                    folder.getParent() + ": ledger of an earlier run",
                    "use another folder, or start afresh"));
  }

  @Override
  public Provenance provenance() {
    return provenance;
  }

  @Override
  public List<Attempt> append(List<Attempt> rows) {
    SegmentWriter open = open();
    List<Attempt> added = new ArrayList<>();
    for (Attempt row : rows) {
      if (index.add(row)) {
        added.add(row);
      }
    }
    open.append(added);
    return added;
  }

  @Override
  public boolean contains(AttemptKey key, long sampleId) {
    return index.contains(key, sampleId);
  }

  @Override
  public long size() {
    return index.size();
  }

  @Override
  public Iterable<Attempt> rows() {
    return LedgerContent.rows(parquet, folder);
  }

  @Override
  public void finish() {
    open().close();
    if (!Files.exists(parquet) || !Segments.list(folder).isEmpty()) {
      compact();
    }
    deleteFilesBut(LOCK);
    writer = null;
    lock.delete();
    deleteIfEmpty();
  }

  /** Unless another run has just begun a ledger there. */
  private void deleteIfEmpty() {
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException ignored) {
      // It is the other run's now.
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  /** The new Parquet file takes the name only when it is whole and on disk. */
  private void compact() {
    Path temporary = folder.resolve("compact.parquet");
    try {
      ParquetLedger.write(rows(), provenance, temporary, folder);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          temporary, parquet, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      SegmentWriter.forceFolder(Objects.requireNonNull(folder.getParent()));
    } catch (IOException e) {
      throw FileFailures.writing(parquet, e);
    } finally {
      AtomicFiles.delete(temporary);
    }
  }

  @Override
  public void close() {
    SegmentWriter open = writer;
    writer = null;
    if (open != null) {
      open.close();
    }
    lock.close();
  }

  private SegmentWriter open() {
    SegmentWriter open = writer;
    if (open == null) {
      throw new IllegalStateException("the ledger is finished or closed");
    }
    return open;
  }

  private static FolderLock lock(Path output) {
    Path folder = output.resolve(LedgerContent.SEGMENTS);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
    FolderLock lock = FolderLock.take(folder.resolve(LOCK));
    if (lock == null) {
      throw new InvalidInputException(
          output.toString(),
          "ledger",
          "a folder that no other run is writing to",
          "a ledger that another run has open",
          "wait for that run to end, or choose another folder");
    }
    return lock;
  }

  /** Deletes the segments and what a kill may have left beside them. */
  private void deleteFilesBut(String kept) {
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .filter(file -> !file.equals(folder) && !file.equals(folder.resolve(kept)))
          .forEach(AtomicFiles::delete);
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }
}
