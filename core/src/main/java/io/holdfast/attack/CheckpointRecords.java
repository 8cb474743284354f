package io.holdfast.attack;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Records one after the other: {@code length: int32, content, CRC-32C of both: int64}. What is not
 * whole ends them.
 */
final class CheckpointRecords {
  private static final int FRAME = Integer.BYTES + Long.BYTES;

  private CheckpointRecords() {}

  /** Writes the content of a record. */
  interface Content {
    void writeTo(DataOutputStream out) throws IOException;
  }

  /**
   * Writes a record.
   *
   * @return its bytes
   */
  static long write(OutputStream out, Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    content.writeTo(new DataOutputStream(bytes));
    byte[] written = bytes.toByteArray();
    byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(written.length).array();
    out.write(length);
    out.write(written);
    out.write(ByteBuffer.allocate(Long.BYTES).putLong(checksum(length, written)).array());
    return (long) FRAME + written.length;
  }

  /** The content of the next record; null where there is none that is whole. */
  static byte @Nullable [] read(InputStream in) throws IOException {
    byte[] length = in.readNBytes(Integer.BYTES);
    if (length.length < Integer.BYTES) {
      return null;
    }
    int size = ByteBuffer.wrap(length).getInt();
    if (size <= 0) {
      return null;
    }
    byte[] content = in.readNBytes(size);
    byte[] sum = in.readNBytes(Long.BYTES);
    boolean whole =
        content.length == size
            && sum.length == Long.BYTES
            && ByteBuffer.wrap(sum).getLong() == checksum(length, content);
    return whole ? content : null;
  }

  /** Bytes of a record with so many in its content. */
  static long framed(long content) {
    return FRAME + content;
  }

  private static long checksum(byte[] length, byte[] content) {
    CRC32C sum = new CRC32C();
    sum.update(length);
    sum.update(content);
    return sum.getValue();
  }
}
