package io.holdfast.data.image;

import io.holdfast.common.FileFailures;
import io.holdfast.common.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Immutable bytes with random access, of any length: a mapped file, or the heap for small content
 * that had to be decompressed. Content that outgrows its share of the heap moves to a temporary
 * file. Safe for many threads.
 */
final class Bytes {
  private static final int MAP_SHIFT = 30;
  private static final int HEAP_SHIFT = 20;
  private static final long HEAP_SHARE = 6;

  private final List<ByteBuffer> segments;
  private final int shift;
  private final long start;
  private final long total;

  private Bytes(List<ByteBuffer> segments, int shift, long start, long total) {
    this.segments = segments;
    this.shift = shift;
    this.start = start;
    this.total = total;
  }

  /** A file, mapped, not read. */
  static Bytes map(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return map(channel);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /** An array, which must not change afterwards. */
  static Bytes of(byte... content) {
    return new Bytes(List.of(ByteBuffer.wrap(content)), MAP_SHIFT, 0, content.length);
  }

  /**
   * Everything a stream still holds, up to a limit: as much memory is taken as there is content,
   * whatever a header may have claimed.
   *
   * @param limit where to stop reading
   */
  static Bytes drain(InputStream in, long limit) throws IOException {
    return drain(in, limit, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  static Bytes drain(InputStream in, long limit, long heapBudget) throws IOException {
    List<ByteBuffer> segments = new ArrayList<>();
    long total = 0;
    while (total < limit) {
      int wanted = (int) Math.min(1 << HEAP_SHIFT, limit - total);
      byte[] chunk = in.readNBytes(wanted);
      segments.add(ByteBuffer.wrap(chunk));
      total += chunk.length;
      if (total > heapBudget) {
        return spill(segments, in, limit - total);
      }
      if (chunk.length < wanted) {
        break;
      }
    }
    return new Bytes(segments, HEAP_SHIFT, 0, total);
  }

  private static Bytes spill(List<ByteBuffer> head, InputStream in, long left) throws IOException {
    Path file = Files.createTempFile("holdfast-data-", ".bin");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      for (ByteBuffer segment : head) {
        writeAll(channel, segment);
      }
      byte[] buffer = new byte[1 << HEAP_SHIFT];
      for (long rest = left; rest > 0; ) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, rest));
        if (n < 0) {
          break;
        }
        writeAll(channel, ByteBuffer.wrap(buffer, 0, n));
        rest -= n;
      }
      return map(channel);
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer content) {
    try {
      while (content.hasRemaining()) {
        channel.write(content);
      }
    } catch (IOException e) {
      throw new HoldfastException(
          "the data does not fit into memory and the temporary folder "
              + System.getProperty("java.io.tmpdir")
              + " took no more of it: "
              + e.getMessage(),
          e);
    }
  }

  private static Bytes map(FileChannel channel) throws IOException {
    long size = channel.size();
    List<ByteBuffer> segments = new ArrayList<>();
    for (long at = 0; at < size; at += 1L << MAP_SHIFT) {
      long length = Math.min(1L << MAP_SHIFT, size - at);
      segments.add(channel.map(FileChannel.MapMode.READ_ONLY, at, length));
    }
    return new Bytes(segments, MAP_SHIFT, 0, size);
  }

  long size() {
    return total;
  }

  /** The part from {@code from}, {@code length} bytes long; nothing is copied. */
  Bytes slice(long from, long length) {
    Objects.checkFromIndexSize(from, length, total);
    return new Bytes(segments, shift, start + from, length);
  }

  /** Copies a range into an array. */
  void read(long from, byte[] into, int offset, int length) {
    Objects.checkFromIndexSize(from, length, total);
    long at = start + from;
    int done = 0;
    while (done < length) {
      ByteBuffer segment = segments.get((int) (at >>> shift));
      int within = (int) (at & ((1L << shift) - 1));
      int n = Math.min(length - done, (1 << shift) - within);
      segment.get(within, into, offset + done, n);
      done += n;
      at += n;
    }
  }

  /** A fresh copy of a range. */
  byte[] copy(long from, int length) {
    Objects.checkFromIndexSize(from, length, total);
    byte[] copy = new byte[length];
    read(from, copy, 0, length);
    return copy;
  }
}
