package io.holdfast.attack;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.threat.ThreatModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where an attack under way stands, in a file: all samples as they were when a round began, and
 * behind them those of each shard that has finished since. An attack that was killed goes on with
 * the shards that are missing, and ends with the same bits. What a kill has left half written, and
 * a file of another attack, is passed over.
 *
 * <p>Each record is {@code length: int32, content, CRC-32C of the content: int64}. The first holds
 * the identity and the beginning of a round, each other one the rows of a shard. What would take
 * too much of the time is left out, and computed again after a kill.
 */
final class Checkpoint {
  private static final long NONE = -1;

  private final @Nullable Path file;
  private final int spacing;
  private final String identity;
  private final AttackRun run;
  private final ThreatModel threat;
  private final Map<List<Integer>, byte[]> shards = new HashMap<>(); // of the round, from the file
  private boolean resumed; // the round that begins next is the file's
  private long end = NONE; // of the file, where it holds the beginning of the present round
  private long wrote = System.nanoTime();
  private long took;

  /**
   * @param file null to keep nothing
   * @param identity of attack, samples and seed
   */
  Checkpoint(@Nullable CheckpointFile file, String identity, AttackRun run, ThreatModel threat) {
    this.file = file == null ? null : file.path();
    spacing = file == null ? 0 : file.spacing();
    this.identity = identity;
    this.run = run;
    this.threat = threat;
  }

  /**
   * Which round of which stage is the next.
   *
   * @param stage from 0
   * @param round of the stage, from 0, the members of a union counted one by one
   * @param before what was so when the stage began; null where it has not begun
   */
  record Position(int stage, int round, StageNotes.@Nullable Before before) {
    static final Position START = new Position(0, 0, null);
  }

  /** Puts the samples back to where the file has them, if it is about this attack. */
  Position restore() {
    if (file == null || !Files.exists(file)) {
      return Position.START;
    }
    try {
      return restore(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  private Position restore(ByteBuffer bytes) throws IOException {
    byte[] first = next(bytes);
    if (first == null) {
      return Position.START;
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(first));
    if (!in.readUTF().equals(identity)) {
      return Position.START;
    }
    int stage = in.readInt();
    int round = in.readInt();
    StageNotes.Before before = in.readBoolean() ? samples(in) : null;
    resumed = true;
    end = bytes.position();
    for (byte[] shard = next(bytes); shard != null; shard = next(bytes)) {
      end = bytes.position();
      shards.put(rows(new DataInputStream(new ByteArrayInputStream(shard))), shard);
    }
    return new Position(stage, round, before);
  }

  private StageNotes.Before samples(DataInputStream in) throws IOException {
    run.byScores = in.readInt();
    run.bySmallest = in.readInt();
    for (int row = 0; row < run.fell.length; row++) {
      RowState.read(run, threat, row, in);
    }
    return StageNotes.Before.read(run.fell.length, in);
  }

  /** The content of the next record, or null where there is none that is whole. */
  private static byte @Nullable [] next(ByteBuffer bytes) {
    if (bytes.remaining() < Integer.BYTES) {
      return null;
    }
    int length = bytes.getInt();
    if (length < 0 || bytes.remaining() < (long) length + Long.BYTES) {
      return null;
    }
    byte[] content = new byte[length];
    bytes.get(content);
    return bytes.getLong() == checksum(content) ? content : null;
  }

  private static long checksum(byte[] content) {
    CRC32C sum = new CRC32C();
    sum.update(content);
    return sum.getValue();
  }

  /**
   * Keeps all samples as they are at the beginning of a round; never while shards are at work.
   *
   * @param before what was so when the stage began
   */
  void begin(int stage, int round, StageNotes.Before before) {
    if (resumed) {
      resumed = false;
      return;
    }
    shards.clear();
    end = NONE;
    if (file == null || !due()) {
      return;
    }
    boolean start = stage == 0 && round == 0; // where all is as the first look has it
    long from = System.nanoTime();
    byte[] whole =
        framed(
            out -> {
              out.writeUTF(identity);
              out.writeInt(stage);
              out.writeInt(round);
              out.writeBoolean(!start);
              if (!start) {
                write(before, out);
              }
            });
    AtomicFiles.write(file, whole);
    end = whole.length;
    written(from);
  }

  private void write(StageNotes.Before before, DataOutputStream out) throws IOException {
    out.writeInt(run.byScores);
    out.writeInt(run.bySmallest);
    for (int row = 0; row < run.fell.length; row++) {
      RowState.write(run, threat, row, out);
    }
    before.write(out);
  }

  /** Takes the rows of a shard from the file, if it has them. */
  synchronized boolean take(int[] rows) {
    byte[] content = shards.get(Arrays.stream(rows).boxed().toList());
    if (content == null) {
      return false;
    }
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
      for (int row : rows(in)) {
        RowState.read(run, threat, row, in);
      }
      return true;
    } catch (IOException e) {
      throw new IllegalStateException("a record without an end", e);
    }
  }

  /** Keeps the rows of a shard that has finished its round. */
  synchronized void done(int[] rows) {
    if (file == null || end == NONE || !due()) {
      return;
    }
    long from = System.nanoTime();
    byte[] shard =
        framed(
            out -> {
              out.writeInt(rows.length);
              for (int row : rows) {
                out.writeInt(row);
              }
              for (int row : rows) {
                RowState.write(run, threat, row, out);
              }
            });
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(end).position(end);
      ByteBuffer left = ByteBuffer.wrap(shard);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      end += shard.length;
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
    written(from);
  }

  private static List<Integer> rows(DataInputStream in) throws IOException {
    Integer[] rows = new Integer[in.readInt()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = in.readInt();
    }
    return List.of(rows);
  }

  private boolean due() {
    return System.nanoTime() - wrote >= spacing * took;
  }

  private void written(long from) {
    wrote = System.nanoTime();
    took = wrote - from;
  }

  /** Writes the content of a record. */
  private interface Content {
    void writeTo(DataOutputStream out) throws IOException;
  }

  private static byte[] framed(Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      content.writeTo(out);
    } catch (IOException e) {
      throw new IllegalStateException("memory takes every byte", e);
    }
    byte[] written = bytes.toByteArray();
    return ByteBuffer.allocate(Integer.BYTES + written.length + Long.BYTES)
        .putInt(written.length)
        .put(written)
        .putLong(checksum(written))
        .array();
  }
}
