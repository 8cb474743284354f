package io.holdfast.record;

import io.holdfast.common.InvalidInputException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of a segment. All numbers are big-endian, all checksums CRC-32C:
 *
 * <pre>
 * segment = magic "HFLEDGER", int version, int checksum of the 12 bytes before, block*
 * block   = int marker, int length, int checksum of the payload, int checksum of the 12 bytes before, payload
 * payload = byte 1, provenance as UTF-8 JSON  |  byte 2, int number of rows, row*
 * row     = long sample, int label, int group, byte kind, byte outcome, double epsilon, long seed, int
 *           prediction, float confidence, float of the true class, double l0, l1, l2, linf, ssim,
 *           long queries, gradients, name attempt, threat
 * name    = unsigned short length in bytes, UTF-8
 * </pre>
 *
 * The first block is the provenance. Kind and outcome are their places in {@code KINDS} and {@code
 * OUTCOMES}, from 0.
 */
final class SegmentFormat {
  static final int HEADER = 16;
  static final int VERSION = 1;

  private static final byte[] MAGIC = "HFLEDGER".getBytes(StandardCharsets.US_ASCII);
  private static final int MARKER = 0x48464c42;
  private static final byte PROVENANCE = 1;
  private static final byte ROWS = 2;
  private static final List<Kind> KINDS =
      List.of(Kind.CLEAN, Kind.VERDICT, Kind.CURVE, Kind.CERTIFICATE, Kind.STAGE, Kind.CORRUPTION);
  private static final List<Outcome> OUTCOMES =
      List.of(
          Outcome.CORRECT,
          Outcome.WRONG,
          Outcome.HELD,
          Outcome.FELL,
          Outcome.SKIPPED_WRONG,
          Outcome.CERTIFIED,
          Outcome.ABSTAINED);

  /** Bytes of a row with empty names. */
  private static final int FIXED_ROW = 106;

  private SegmentFormat() {}

  /** A part of a segment whose checksums hold. */
  record Block(int offset, byte type, ByteBuffer content) {
    boolean isProvenance() {
      return type == PROVENANCE;
    }
  }

  /**
   * What a segment holds.
   *
   * @param blocks in order
   * @param end offset after the last of them; what follows, if anything, was torn by a kill
   */
  record Content(List<Block> blocks, int end) {}

  static ByteBuffer header() {
    byte[] head = new byte[HEADER];
    ByteBuffer out = ByteBuffer.wrap(head).put(MAGIC).putInt(VERSION);
    return out.putInt(checksum(head, 0, HEADER - 4)).flip();
  }

  static ByteBuffer provenanceBlock(String json) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    return block(ByteBuffer.allocate(1 + text.length).put(PROVENANCE).put(text));
  }

  static ByteBuffer rowsBlock(List<Attempt> rows) {
    int size = 5;
    List<byte[]> names = new ArrayList<>();
    for (Attempt row : rows) {
      byte[] attempt = row.attempt().getBytes(StandardCharsets.UTF_8);
      byte[] threat = row.threat().getBytes(StandardCharsets.UTF_8);
      names.add(attempt);
      names.add(threat);
      size += FIXED_ROW + attempt.length + threat.length;
    }
    ByteBuffer payload = ByteBuffer.allocate(size).put(ROWS).putInt(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      putRow(payload, rows.get(i));
      putName(payload, names.get(2 * i));
      putName(payload, names.get(2 * i + 1));
    }
    return block(payload);
  }

  /**
   * Finds the blocks of a segment. Damage that no intact block follows is taken for a write cut
   * short by a kill, if {@code mayBeTorn}.
   *
   * @throws InvalidInputException if the segment is damaged otherwise
   */
  static Content scan(byte[] bytes, Path file, boolean mayBeTorn) {
    if (bytes.length < HEADER || isZero(bytes)) {
      if (mayBeTorn) {
        return new Content(List.of(), 0);
      }
      throw damaged(file, 0, "a segment's header", "the end of the file");
    }
    checkHeader(bytes, file);
    List<Block> blocks = new ArrayList<>();
    int offset = HEADER;
    while (offset < bytes.length) {
      int length = intactLength(bytes, offset);
      if (length < 0) {
        boolean torn = mayBeTorn && !anyIntactBlock(bytes, offset + 1);
        if (!torn) {
          throw damaged(file, offset, "a block with its checksum", "damaged bytes");
        }
        break;
      }
      ByteBuffer payload = ByteBuffer.wrap(bytes, offset + HEADER, length).slice();
      blocks.add(new Block(offset, length == 0 ? 0 : payload.get(), payload));
      offset += HEADER + length;
    }
    return new Content(blocks, offset);
  }

  /**
   * Reads the rows of a block.
   *
   * @throws InvalidInputException if they are none
   */
  static List<Attempt> rows(Block block, Path file) {
    ByteBuffer in = block.content().duplicate();
    try {
      int n = block.type() == ROWS ? in.getInt() : -1;
      if (n < 0 || n > in.remaining() / FIXED_ROW) {
        throw damaged(file, block.offset(), "a block of rows", "type " + block.type());
      }
      List<Attempt> rows = new ArrayList<>(n);
      for (int i = 0; i < n; i++) {
        rows.add(row(in));
      }
      return rows;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      String found = e.getMessage() == null ? "the end of the block" : e.getMessage();
      throw damaged(file, block.offset(), "rows of the ledger", found);
    }
  }

  static String provenance(Block block) {
    return StandardCharsets.UTF_8.decode(block.content().duplicate()).toString();
  }

  static InvalidInputException damaged(Path file, long offset, String expected, String found) {
    return new InvalidInputException(
        file.toString(),
        "offset " + offset,
        expected,
        found,
        "restore the file from a copy, or start the evaluation afresh");
  }

  private static void checkHeader(byte[] bytes, Path file) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    boolean ours = in.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC));
    if (!ours || in.getInt(HEADER - 4) != checksum(bytes, 0, HEADER - 4)) {
      throw damaged(file, 0, "the header of a ledger segment", "other bytes");
    }
    int version = in.getInt(MAGIC.length);
    if (version != VERSION) {
      throw damaged(file, MAGIC.length, "version " + VERSION, "version " + version);
    }
  }

  /** Wraps what was put into {@code filled} so far. */
  private static ByteBuffer block(ByteBuffer filled) {
    byte[] payload = new byte[filled.flip().remaining()];
    filled.get(payload);
    byte[] head = new byte[HEADER];
    ByteBuffer out = ByteBuffer.wrap(head).putInt(MARKER).putInt(payload.length);
    out.putInt(checksum(payload, 0, payload.length)).putInt(checksum(head, 0, HEADER - 4));
    return ByteBuffer.allocate(HEADER + payload.length).put(head).put(payload).flip();
  }

  /** The payload's length if a whole block with right checksums begins here, else -1. */
  private static int intactLength(byte[] bytes, int offset) {
    if (bytes.length - offset < HEADER) {
      return -1;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, HEADER);
    int marker = in.getInt();
    int length = in.getInt();
    int payloadChecksum = in.getInt();
    boolean intact =
        marker == MARKER
            && in.getInt() == checksum(bytes, offset, HEADER - 4)
            && length >= 0
            && length <= bytes.length - offset - HEADER
            && payloadChecksum == checksum(bytes, offset + HEADER, length);
    return intact ? length : -1;
  }

  private static boolean anyIntactBlock(byte[] bytes, int from) {
    for (int offset = from; offset <= bytes.length - HEADER; offset++) {
      if (bytes[offset] == (byte) (MARKER >>> 24) && intactLength(bytes, offset) >= 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean isZero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static int checksum(byte[] bytes, int offset, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, offset, length);
    return (int) checksum.getValue();
  }

  private static void putRow(ByteBuffer out, Attempt row) {
    out.putLong(row.sampleId()).putInt(row.label()).putInt(row.group());
    out.put((byte) KINDS.indexOf(row.kind())).put((byte) OUTCOMES.indexOf(row.outcome()));
    out.putDouble(row.epsilon()).putLong(row.seed()).putInt(row.prediction());
    out.putFloat(row.confidence()).putFloat(row.trueConfidence());
    out.putDouble(row.l0()).putDouble(row.l1()).putDouble(row.l2()).putDouble(row.linf());
    out.putDouble(row.ssim()).putLong(row.queries()).putLong(row.gradients());
  }

  private static void putName(ByteBuffer out, byte[] name) {
    out.putShort((short) name.length).put(name);
  }

  private static Attempt row(ByteBuffer in) {
    long sampleId = in.getLong();
    int label = in.getInt();
    int group = in.getInt();
    Kind kind = constant(KINDS, in.get());
    Outcome outcome = constant(OUTCOMES, in.get());
    double epsilon = in.getDouble();
    long seed = in.getLong();
    int prediction = in.getInt();
    float confidence = in.getFloat();
    float trueConfidence = in.getFloat();
    double[] sizes = new double[5]; // l0, l1, l2, linf, ssim
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = in.getDouble();
    }
    long queries = in.getLong();
    long gradients = in.getLong();
    return Attempt.of(kind, name(in), sampleId, label)
        .group(group)
        .threat(name(in), epsilon)
        .seed(seed)
        .predicted(prediction, confidence, trueConfidence)
        .outcome(outcome)
        .distances(sizes[0], sizes[1], sizes[2], sizes[3])
        .ssim(sizes[4])
        .queries(queries)
        .gradients(gradients)
        .build();
  }

  private static <T> T constant(List<T> values, byte number) {
    if (number < 0 || number >= values.size()) {
      throw new IllegalArgumentException("constant number " + number);
    }
    return values.get(number);
  }

  private static String name(ByteBuffer in) {
    byte[] name = new byte[Short.toUnsignedInt(in.getShort())];
    in.get(name);
    return new String(name, StandardCharsets.UTF_8);
  }
}
