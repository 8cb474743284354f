package io.holdfast.record;

import io.holdfast.common.FileFailures;
import io.holdfast.common.HoldfastException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Appends blocks of rows to segments; each is on disk before {@link #append} returns. */
final class SegmentWriter implements Closeable {
  private final Path folder;
  private final String provenanceJson;
  private int number;
  private Path file;
  private @Nullable FileChannel channel;
  private boolean broken;

  /**
   * @param number of the first segment to write, which must not exist
   */
  SegmentWriter(Path folder, String provenanceJson, int number) {
    this.folder = folder;
    this.provenanceJson = provenanceJson;
    this.number = number;
    this.file = Segments.path(folder, number);
  }

  /**
   * Writes rows as one block, so that a kill leaves all of them or none. If it fails, the segment
   * ends as it did before, and the writer takes no more.
   */
  void append(List<Attempt> rows) {
    if (broken) {
      throw new HoldfastException(file + ": an earlier write to the ledger failed");
    }
    if (!rows.isEmpty()) {
      write(SegmentFormat.rowsBlock(rows));
    }
  }

  private void write(ByteBuffer block) {
    long end = 0;
    try {
      FileChannel out = open();
      end = out.position();
      writeForced(out, block);
    } catch (IOException e) {
      broken = true;
      cutBack(end);
      throw FileFailures.writing(file, e);
    }
  }

  private FileChannel open() throws IOException {
    FileChannel out = channel;
    if (out != null && out.position() < Segments.FULL) {
      return out;
    }
    close();
    file = Segments.path(folder, number++);
    out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    channel = out;
    ByteBuffer provenance = SegmentFormat.provenanceBlock(provenanceJson);
    ByteBuffer start =
        ByteBuffer.allocate(SegmentFormat.HEADER + provenance.remaining())
            .put(SegmentFormat.header())
            .put(provenance)
            .flip();
    writeForced(out, start);
    forceFolder(folder);
    return out;
  }

  private static void writeForced(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
    out.force(false);
  }

  /** A new file's name is on disk only once its folder is; not every platform can force one. */
  static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException ignored) {
      // Windows cannot open a folder and needs no force.
    }
  }

  private void cutBack(long end) {
    FileChannel out = channel;
    if (out == null) {
      return;
    }
    try {
      out.truncate(end);
    } catch (IOException ignored) {
      // The torn end is cut off when the ledger is opened again; the first failure is reported.
    }
  }

  @Override
  public void close() {
    FileChannel out = channel;
    channel = null;
    try {
      if (out != null) {
        out.close();
      }
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }
}
