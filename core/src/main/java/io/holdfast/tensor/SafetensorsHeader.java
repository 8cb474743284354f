package io.holdfast.tensor;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file: JSON that says where each tensor lies. Read strictly: types are
 * known to the format, offsets inside the file, sizes those of type and shape, nothing overlaps and
 * nothing is left over. Loads no native code.
 *
 * @param entries by name, in the order of the file
 * @param metadata the file's own texts
 */
public record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
  /** The format's own limit on the header, in bytes. */
  static final long LIMIT = 100_000_000;

  static final String METADATA = "__metadata__";

  private static final String HALF = "F16";

  /** Bytes per element of the format's types. */
  private static final Map<String, Integer> WIDTHS = widths();

  /**
   * Where one tensor lies.
   *
   * @param dtype the format's name of its type, such as {@code F32}
   * @param begin first byte, counted from the end of the header
   * @param end the byte after its last
   */
  public record Entry(String dtype, List<Long> shape, long begin, long end) {
    public Entry {
      shape = List.copyOf(shape);
    }

    /**
     * The engine's type; float32 for half precision, which is widened.
     *
     * @throws IllegalStateException if it has none; {@link Safetensors} refuses such a file
     */
    public DType type() {
      return isHalf()
          ? DType.FLOAT32
          : DType.ofCode(dtype)
              .orElseThrow(() -> new IllegalStateException("the engine has no type " + dtype));
    }

    /** Whether its numbers are in half precision (IEEE 754 binary16). */
    boolean isHalf() {
      return dtype.equals(HALF);
    }

    /** The shape as an array. */
    public long[] dims() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  public SafetensorsHeader {
    entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  private static Map<String, Integer> widths() {
    Map<String, Integer> widths = new LinkedHashMap<>();
    List.of("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0").forEach(t -> widths.put(t, 1));
    List.of("U16", "I16", HALF, "BF16").forEach(t -> widths.put(t, 2));
    List.of("U32", "I32", "F32").forEach(t -> widths.put(t, 4));
    List.of("U64", "I64", "F64", "C64").forEach(t -> widths.put(t, 8));
    return Collections.unmodifiableMap(widths);
  }

  /**
   * The number of header bytes that the file's first eight bytes give.
   *
   * @param start the first eight bytes, or the whole of a shorter file
   * @param fileSize in bytes
   * @throws InvalidInputException if no such header fits into the file
   */
  public static int headerLength(byte[] start, long fileSize, String source) {
    if (start.length < Long.BYTES) {
      throw new InvalidInputException(
          source, "", "a safetensors file", fileSize + " bytes", "the file is truncated");
    }
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > LIMIT) {
      throw new InvalidInputException(
          source,
          "",
          "a safetensors file",
          "a header of " + Long.toUnsignedString(length) + " bytes");
    }
    if (length > fileSize - Long.BYTES) {
      throw new InvalidInputException(
          source,
          "",
          "a header of " + length + " bytes",
          "a file of " + fileSize + " bytes",
          "the file is truncated");
    }
    return Math.toIntExact(length);
  }

  /**
   * Reads a header.
   *
   * @param json its bytes, UTF-8
   * @param dataSize bytes of the file behind it
   * @throws InvalidInputException with every problem found
   */
  public static SafetensorsHeader parse(byte[] json, long dataSize, String source) {
    JsonNode root = Json.parse(utf8(json, source), source);
    Problems problems = new Problems(source);
    Map<String, Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    if (!root.isObject()) {
      problems.add("", "a header that is a JSON object", root.getNodeType().toString());
    }
    root.properties()
        .forEach(
            field -> {
              if (field.getKey().equals(METADATA)) {
                readMetadata(field.getValue(), metadata, problems.at(METADATA));
                return;
              }
              Entry entry = entry(field.getValue(), problems.at(field.getKey()));
              if (entry != null) {
                entries.put(field.getKey(), entry);
              }
            });
    long end = entries.values().stream().mapToLong(Entry::end).max().orElse(0);
    if (problems.isEmpty() && end > dataSize) {
      problems.add(
          "",
          end + " bytes of data, as its header says",
          dataSize + " bytes",
          "the file is truncated");
    }
    if (problems.isEmpty()) {
      checkCoverage(entries, dataSize, problems);
    }
    problems.throwIfAny();
    return new SafetensorsHeader(entries, metadata);
  }

  /**
   * This header, where the engine has all its types.
   *
   * @param widening whether half precision is welcome
   * @throws InvalidInputException naming every tensor of another type
   */
  SafetensorsHeader forEngine(String source, boolean widening) {
    Problems problems = new Problems(source);
    entries.forEach(
        (name, entry) -> {
          if (DType.ofCode(entry.dtype()).isEmpty() && !(widening && entry.isHalf())) {
            List<String> known = List.of(DType.values()).stream().map(DType::code).toList();
            problems.at(name).add("dtype", "one of " + known, entry.dtype());
          }
        });
    problems.throwIfAny();
    return this;
  }

  private static String utf8(byte[] bytes, String source) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes))
          .toString()
          .stripTrailing();
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(source, "", "a header in UTF-8", "other bytes");
    }
  }

  private static void readMetadata(JsonNode node, Map<String, String> into, Problems problems) {
    if (!node.isObject()) {
      problems.add("", "an object of texts", node.toString());
      return;
    }
    node.properties()
        .forEach(
            f -> {
              if (f.getValue().isTextual()) {
                into.put(f.getKey(), f.getValue().textValue());
              } else {
                problems.add(f.getKey(), "a text", f.getValue().toString());
              }
            });
  }

  private static @Nullable Entry entry(JsonNode node, Problems problems) {
    int before = problems.list().size();
    for (var field : node.properties()) {
      if (!List.of("dtype", "shape", "data_offsets").contains(field.getKey())) {
        problems.add(field.getKey(), "dtype, shape and data_offsets only", "this field");
      }
    }
    String type = type(node.path("dtype"), problems);
    List<Long> shape = numbers(node.path("shape"), "shape", problems);
    List<Long> offsets = numbers(node.path("data_offsets"), "data_offsets", problems);
    if (type == null || shape == null || offsets == null || problems.list().size() > before) {
      return null;
    }
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      problems.add("data_offsets", "begin and end of the data", offsets.toString());
      return null;
    }
    long size = offsets.get(1) - offsets.get(0);
    long wanted = byteCount(type, shape);
    if (size != wanted) {
      String expected = wanted < 0 ? "a shape that fits into a file" : wanted + " bytes";
      problems.add("data_offsets", expected + " for " + type + " " + shape, size + " bytes");
      return null;
    }
    return new Entry(type, shape, offsets.get(0), offsets.get(1));
  }

  private static @Nullable String type(JsonNode node, Problems problems) {
    if (node.isTextual() && WIDTHS.containsKey(node.textValue())) {
      return node.textValue();
    }
    problems.add(
        "dtype", "one of " + WIDTHS.keySet(), node.isMissingNode() ? "nothing" : node.toString());
    return null;
  }

  private static @Nullable List<Long> numbers(JsonNode node, String field, Problems problems) {
    List<Long> numbers = new ArrayList<>();
    boolean right = node.isArray();
    for (JsonNode n : node) {
      right &= n.isIntegralNumber() && n.canConvertToLong() && n.longValue() >= 0;
      numbers.add(n.longValue());
    }
    if (!right) {
      String found = node.isMissingNode() ? "nothing" : node.toString();
      problems.add(field, "a list of whole numbers from 0", found);
      return null;
    }
    return numbers;
  }

  /** Bytes of a tensor; -1 if there is no such number. */
  private static long byteCount(String type, List<Long> shape) {
    try {
      long width = Objects.requireNonNull(WIDTHS.get(type));
      return shape.stream().reduce(width, Math::multiplyExact);
    } catch (ArithmeticException e) {
      return -1;
    }
  }

  /** Each byte of the data belongs to exactly one tensor. */
  private static void checkCoverage(Map<String, Entry> entries, long dataSize, Problems problems) {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long at = 0;
    for (Map.Entry<String, Entry> e : sorted) {
      long begin = e.getValue().begin();
      if (begin != at) {
        String what = begin < at ? "overlaps another tensor" : "leaves a gap before it";
        problems.add(e.getKey(), "data from byte " + at, "data from byte " + begin, what);
      }
      at = Math.max(at, e.getValue().end());
    }
    if (at != dataSize && problems.isEmpty()) {
      problems.add("", at + " bytes of data", dataSize + " bytes");
    }
  }
}
