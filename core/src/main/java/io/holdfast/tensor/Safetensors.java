package io.holdfast.tensor;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Nearest;
import io.holdfast.tensor.SafetensorsHeader.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A safetensors file: named tensors behind a JSON header. Files of up to 2 GiB are mapped into
 * memory and read tensor by tensor. Written files hold the tensors in the order given and nothing
 * that depends on time or place, so that equal tensors give equal bytes.
 */
public final class Safetensors {
  private static final int HEADER = 1 << 20; // room for that of a file

  private final String source;
  private final SafetensorsHeader header;
  private final ByteBuffer data;

  private Safetensors(String source, SafetensorsHeader header, ByteBuffer data) {
    this.source = source;
    this.header = header;
    this.data = data;
  }

  /**
   * Opens a file; its data are read when asked for.
   *
   * @throws InvalidInputException if it cannot be read, is truncated or damaged
   */
  public static Safetensors read(Path file) {
    return read(file, false);
  }

  /**
   * As {@link #read}, also for half precision (F16), which the engine does not compute with here:
   * such tensors are widened to float32, which holds all its numbers.
   */
  public static Safetensors readWeights(Path file) {
    return read(file, true);
  }

  private static Safetensors read(Path file, boolean widening) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size > Integer.MAX_VALUE) {
        throw new InvalidInputException(
            file.toString(), "", "a file below 2 GiB", size + " bytes", "split it into several");
      }
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
      return parse(bytes, file.toString(), widening);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /**
   * Reads bytes that lie in memory, such as an entry of a zip.
   *
   * @throws InvalidInputException if they are truncated or damaged
   */
  public static Safetensors parse(byte[] bytes, String source) {
    return parse(ByteBuffer.wrap(bytes), source, false);
  }

  private static Safetensors parse(ByteBuffer bytes, String source, boolean widening) {
    byte[] start = new byte[Math.min(Long.BYTES, bytes.remaining())];
    bytes.get(0, start);
    byte[] json = new byte[SafetensorsHeader.headerLength(start, bytes.remaining(), source)];
    bytes.get(start.length, json);
    int from = start.length + json.length;
    ByteBuffer data = bytes.slice(from, bytes.remaining() - from);
    SafetensorsHeader header = SafetensorsHeader.parse(json, data.remaining(), source);
    return new Safetensors(source, header.forEngine(source, widening), data);
  }

  /** What the header says. */
  public SafetensorsHeader header() {
    return header;
  }

  /** The tensors' names in the order of the file. */
  public Set<String> names() {
    return header.entries().keySet();
  }

  /**
   * One tensor's raw little-endian bytes.
   *
   * @throws InvalidInputException if there is no such tensor
   */
  public byte[] bytes(String name) {
    Entry entry = entry(name);
    return bytes(name, 0, Math.toIntExact(entry.end() - entry.begin()));
  }

  /**
   * A stretch of one tensor's raw little-endian bytes, such as a row.
   *
   * @param from its first byte, counted from the tensor's own
   * @param count how many
   * @throws InvalidInputException if there is no such tensor
   * @throws IndexOutOfBoundsException if the stretch is not within the tensor
   */
  public byte[] bytes(String name, long from, int count) {
    Entry entry = entry(name);
    Objects.checkFromIndexSize(from, count, entry.end() - entry.begin());
    byte[] bytes = new byte[count];
    data.get(Math.toIntExact(entry.begin() + from), bytes);
    return bytes;
  }

  /**
   * One tensor, copied into the innermost open scope.
   *
   * @throws InvalidInputException if there is no such tensor
   */
  public Tensor tensor(String name) {
    Entry entry = entry(name);
    return entry.isHalf()
        ? Tensors.ofHalf(bytes(name), entry.dims())
        : Tensors.ofBytes(entry.type(), bytes(name), entry.dims());
  }

  /** All tensors, copied into the innermost open scope, in the order of the file. */
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    names().forEach(name -> all.put(name, tensor(name)));
    return all;
  }

  private Entry entry(String name) {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new InvalidInputException(
          source, name, "a tensor of this name", "none", Nearest.hint(name, names()));
    }
    return entry;
  }

  // ---- writing

  /** The whole file as bytes. */
  public static byte[] toBytes(Map<String, Tensor> tensors, Map<String, String> metadata) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      write(out, tensors, metadata);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail to be written to", e);
    }
    return out.toByteArray();
  }

  /** Writes a file, whole or not at all. */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    long bytes = tensors.values().stream().mapToLong(t -> t.count() * t.type().bytes()).sum();
    if (bytes > Integer.MAX_VALUE - HEADER) {
      throw new InvalidInputException(
          file.toString(), "", "tensors of less than 2 GiB in all", Format.bytes(bytes));
    }
    AtomicFiles.write(file, out -> write(out, tensors, metadata));
  }

  /** Writes to an open stream, tensor by tensor; the stream stays open. */
  public static void write(
      OutputStream out, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    byte[] json = header(tensors, metadata);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.write(length.putLong(json.length).array());
    out.write(json);
    for (Tensor t : tensors.values()) {
      out.write(t.toBytes());
    }
  }

  /** JSON, padded with blanks so that the data begin at a multiple of eight. */
  private static byte[] header(Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      fields.put(SafetensorsHeader.METADATA, metadata);
    }
    long at = 0;
    for (Map.Entry<String, Tensor> e : tensors.entrySet()) {
      Tensor t = e.getValue();
      long end = at + t.count() * t.type().bytes();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", t.type().code());
      entry.put("shape", t.shape());
      entry.put("data_offsets", List.of(at, end));
      fields.put(e.getKey(), entry);
      at = end;
    }
    byte[] json = Json.compact(fields).getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }
}
