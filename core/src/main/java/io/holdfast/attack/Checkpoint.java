package io.holdfast.attack;

import io.holdfast.attack.CheckpointRecords.Content;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.HoldfastException;
import io.holdfast.threat.ThreatModel;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where an attack under way stands, in a file: all samples as they were when a round began, and
 * behind them those of each shard that has ended since. An attack that was killed goes on with the
 * shards that are missing, and ends with the same bits. What a kill has left half written, and a
 * file of another attack, is passed over; where none can be written the attack goes on without.
 *
 * <p>A {@linkplain CheckpointRecords record} of the attack and the round; unless it is the first
 * round, one for each sample. Then for each shard a record that names its samples, and one for each
 * of them; or a record that says that the time spent up to here has been told.
 */
final class Checkpoint {
  private static final int MAGIC = 0x48464143; // HFAC
  private static final int FORMAT = 1;
  private static final byte SHARD = 'S';
  private static final byte TOLD = 'T';
  private static final long NONE = -1;

  /** The most bytes that the beginning of a round takes in memory until it is due in the file. */
  private static final long MOST_IN_MEMORY = 32L << 20;

  /** The part of the time for writing that goes at most into beginnings that are held in memory. */
  private static final double HELD = 0.5;

  private final @Nullable CheckpointFile file;
  private final String identity;
  private final AttackRun run;
  private final ThreatModel threat;
  private final Map<List<Integer>, Long> shards = new HashMap<>(); // where the file has them
  private final long started;
  private boolean resumed; // the round that begins next is the file's
  private boolean broken; // the file cannot be written
  private boolean covered; // the file has the beginning of the present round
  private long end = NONE; // of what is whole in the file and about this attack
  private byte @Nullable [] held; // the beginning of the present round, while not in the file
  private long earlier; // nanoseconds of earlier runs that nobody has been told
  private long spent; // nanoseconds
  private long ofBeginning; // what the last one that was made took
  private long roundBegan;

  /**
   * @param file null to keep nothing
   * @param identity of attack, samples, model and seed
   */
  Checkpoint(@Nullable CheckpointFile file, String identity, AttackRun run, ThreatModel threat) {
    this.file = file;
    this.identity = identity;
    this.run = run;
    this.threat = threat;
    started = now();
  }

  private long now() {
    return file == null ? 0 : file.pace().nanos().getAsLong();
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

  /** What earlier runs spent on what was taken over, as far as nobody has been told, in seconds. */
  double earlierSeconds() {
    return earlier / 1e9;
  }

  // ---- reading

  /** Puts the samples back to where the file has them, if it is about this attack. */
  Position restore() {
    if (file == null || !Files.exists(file.path())) {
      return Position.START;
    }
    try {
      Position position = scan(file.path());
      resumed = end != NONE;
      covered = resumed;
      return position;
    } catch (IOException | RuntimeException e) { // of another form, or damaged in a whole record
      end = NONE;
      shards.clear();
      earlier = 0;
      return Position.START;
    }
  }

  /** Reads records and says where they stand. */
  private static final class Reader implements AutoCloseable {
    private final InputStream in;
    private long at;

    Reader(Path path, long from) throws IOException {
      in = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
      in.skipNBytes(from);
      at = from;
    }

    /** Null where there is none that is whole. */
    @Nullable DataInputStream next() throws IOException {
      byte[] content = CheckpointRecords.read(in);
      if (content == null) {
        return null;
      }
      at += CheckpointRecords.framed(content.length);
      return new DataInputStream(new ByteArrayInputStream(content));
    }

    DataInputStream required() throws IOException {
      DataInputStream record = next();
      if (record == null) {
        throw new IOException("a record is missing");
      }
      return record;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /** Looks through all of it before anything is changed. */
  private Position scan(Path path) throws IOException {
    try (Reader reader = new Reader(path, 0)) {
      DataInputStream header = reader.next();
      if (header == null
          || header.readInt() != MAGIC
          || header.readInt() != FORMAT
          || !header.readUTF().equals(identity)) {
        return Position.START;
      }
      int stage = header.readInt();
      int round = header.readInt();
      boolean begun = header.readBoolean();
      int byScores = header.readInt();
      int bySmallest = header.readInt();
      long nanos = header.readLong();
      long rows = reader.at;
      for (int row = 0; begun && row < run.fell.length; row++) {
        RowState.read(reader.required());
      }
      long behind = reader.at;
      nanos = shards(reader, nanos);
      StageNotes.Before before = begun ? samples(path, rows) : null;
      run.byScores = byScores;
      run.bySmallest = bySmallest;
      earlier = nanos;
      end = Math.max(behind, end);
      return new Position(stage, round, before);
    }
  }

  /** Notes where shards stand; gives the time spent that nobody has been told. */
  private long shards(Reader reader, long before) throws IOException {
    long nanos = before;
    for (DataInputStream record = reader.next(); record != null; record = reader.next()) {
      byte kind = record.readByte();
      if (kind != TOLD && kind != SHARD) {
        return before; // what is behind it is nobody's
      }
      if (kind == TOLD) {
        nanos = 0;
      } else {
        nanos = record.readLong();
        List<Integer> rows = rows(record);
        long at = reader.at;
        for (int i = 0; i < rows.size(); i++) {
          DataInputStream row = reader.next();
          if (row == null) {
            return before;
          }
          RowState.read(row);
        }
        shards.put(rows, at);
      }
      before = nanos;
      end = reader.at;
    }
    return nanos;
  }

  private StageNotes.Before samples(Path path, long from) throws IOException {
    StageNotes.Before before = StageNotes.Before.of(run);
    try (Reader reader = new Reader(path, from)) {
      for (int row = 0; row < run.fell.length; row++) {
        DataInputStream in = reader.required();
        RowState.read(in).into(run, threat, row);
        before.read(row, in);
      }
    }
    return before;
  }

  private static List<Integer> rows(DataInputStream in) throws IOException {
    List<Integer> rows = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      rows.add(in.readInt());
    }
    return List.copyOf(rows);
  }

  /** Takes the rows of a shard from the file, if it has them. */
  synchronized boolean take(int[] rows) {
    Long at = shards.get(Arrays.stream(rows).boxed().toList());
    if (at == null || file == null) {
      return false;
    }
    try (Reader reader = new Reader(file.path(), at)) {
      List<RowState> states = new ArrayList<>();
      for (int i = 0; i < rows.length; i++) {
        states.add(RowState.read(reader.required()));
      }
      for (int i = 0; i < rows.length; i++) {
        states.get(i).into(run, threat, rows[i]);
      }
      return true;
    } catch (IOException e) { // somebody has changed the file meanwhile
      return false;
    }
  }

  // ---- writing

  /**
   * Keeps all samples as they are at the beginning of a round; never while shards are at work.
   *
   * @param before what was so when the stage began
   */
  void begin(int stage, int round, StageNotes.Before before) {
    long from = now();
    long lasted = from - roundBegan;
    roundBegan = from;
    if (resumed) {
      resumed = false;
      return;
    }
    shards.clear();
    covered = false;
    held = null;
    if (file == null || broken) {
      return;
    }
    boolean first = stage == 0 && round == 0; // where all is as the first look has it
    Content header =
        out -> {
          out.writeInt(MAGIC);
          out.writeInt(FORMAT);
          out.writeUTF(identity);
          out.writeInt(stage);
          out.writeInt(round);
          out.writeBoolean(!first);
          out.writeInt(run.byScores);
          out.writeInt(run.bySmallest);
          out.writeLong(nanos());
        };
    try {
      if (due(0)) {
        AtomicFiles.write(file.path(), out -> end = beginning(header, first, before, out));
        covered = true;
      } else if (first || (bytes() <= MOST_IN_MEMORY && isWorthIt(lasted))) {
        ByteArrayOutputStream memory = new ByteArrayOutputStream();
        beginning(header, first, before, memory);
        held = memory.toByteArray();
      } else {
        return; // the next one takes as long as the last
      }
    } catch (IOException | HoldfastException e) {
      giveUp(e);
    }
    ofBeginning = now() - from;
    spent += ofBeginning;
  }

  /** Whether a beginning in memory for each round leaves time for writing. */
  private boolean isWorthIt(long round) {
    return file != null && round * HELD >= ofBeginning * file.pace().spacing();
  }

  private long beginning(Content header, boolean first, StageNotes.Before before, OutputStream out)
      throws IOException {
    long bytes = CheckpointRecords.write(out, header);
    for (int row = 0; !first && row < run.fell.length; row++) {
      int at = row;
      bytes +=
          CheckpointRecords.write(
              out,
              content -> {
                RowState.of(run, threat, at).write(content);
                before.write(at, content);
              });
    }
    return bytes;
  }

  /** Keeps the rows of a shard that has ended its round. */
  synchronized void done(int[] rows) {
    if (file == null || broken || !(covered || held != null) || !due(ofBeginning)) {
      return;
    }
    long from = now();
    try {
      byte[] beginning = held;
      if (beginning != null) {
        AtomicFiles.write(file.path(), beginning);
        end = beginning.length;
        covered = true;
        held = null;
      }
      append(
          out -> {
            CheckpointRecords.write(
                out,
                content -> {
                  content.writeByte(SHARD);
                  content.writeLong(nanos());
                  content.writeInt(rows.length);
                  for (int row : rows) {
                    content.writeInt(row);
                  }
                });
            for (int row : rows) {
              CheckpointRecords.write(out, RowState.of(run, threat, row)::write);
            }
          });
    } catch (IOException | HoldfastException e) {
      giveUp(e);
    }
    spent += now() - from;
  }

  /** Notes that whoever reckons the time knows what was spent so far. */
  void told() {
    if (file == null || broken || end == NONE) {
      return;
    }
    try {
      append(out -> CheckpointRecords.write(out, content -> content.writeByte(TOLD)));
    } catch (IOException e) {
      giveUp(e);
    }
  }

  /** Writes behind what is whole. */
  private void append(AtomicFiles.Content content) throws IOException {
    if (file == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
      channel.truncate(end).position(end);
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      content.writeTo(out);
      out.flush();
      end = channel.position();
    }
  }

  private void giveUp(Exception why) {
    broken = true;
    held = null;
    if (file != null) {
      String message = why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage();
      file.told()
          .accept(
              "the attack goes on without "
                  + file.path()
                  + " ("
                  + message
                  + "); a kill loses more");
    }
  }

  private boolean due(long kept) {
    if (file == null) {
      return false;
    }
    long elapsed = now() - started;
    CheckpointFile.Pace pace = file.pace();
    return elapsed >= pace.first() * 1e9 && (spent + kept) * pace.spacing() <= elapsed;
  }

  private long nanos() {
    return earlier + now() - started;
  }

  /** About so many all samples take. */
  private long bytes() {
    return 2L * Float.BYTES * run.results.adversarial.count();
  }
}
