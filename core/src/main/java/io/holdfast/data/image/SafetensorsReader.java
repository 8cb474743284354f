package io.holdfast.data.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.data.Dataset;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file with {@code images} (uint8, or float32 in [0, 1]) and {@code labels}
 * (integers); mapped. The header is checked strictly: known types, sizes that match shapes, no
 * gaps, no overlaps, nothing after the last array.
 */
final class SafetensorsReader {
  private static final long LONGEST_HEADER = 100_000_000;
  private static final String METADATA = "__metadata__";

  private final String source;
  private final Bytes file;

  private SafetensorsReader(Path path) {
    this.source = path.toString();
    this.file = Bytes.map(path);
  }

  /** Where an array lies within the data. */
  private record Entry(String name, String dtype, List<Integer> axes, long begin, long end) {}

  static Dataset read(Path path, String title, ReadOptions options) {
    Map<String, NumberArray> arrays = new SafetensorsReader(path).arrays();
    ArrayNames names = ArrayNames.find(path.toString(), arrays.keySet(), options);
    return NumberArray.dataset(
        title,
        Objects.requireNonNull(arrays.get(names.images())),
        Objects.requireNonNull(arrays.get(names.labels())),
        options,
        () -> SourceHash.of(List.of(path)));
  }

  private Map<String, NumberArray> arrays() {
    long headerLength = headerLength();
    byte[] header = file.copy(8, (int) headerLength);
    Bytes data = file.slice(8 + headerLength, file.size() - 8 - headerLength);
    JsonNode root = Json.parse(new String(header, StandardCharsets.UTF_8), source + ": header");
    if (!root.isObject()) {
      throw refuse("", "a header with named arrays", "other JSON");
    }
    List<Entry> entries = new ArrayList<>();
    root.properties().forEach(field -> add(entries, field.getKey(), field.getValue()));
    checkCoverage(entries, data.size());
    Map<String, NumberArray> arrays = new LinkedHashMap<>();
    for (Entry entry : entries) {
      ElementType type = type(entry.dtype());
      if (type != null) {
        Bytes bytes = data.slice(entry.begin(), entry.end() - entry.begin());
        arrays.put(entry.name(), new NumberArray(source, entry.name(), type, entry.axes(), bytes));
      }
    }
    return arrays;
  }

  private long headerLength() {
    if (file.size() < 8) {
      throw refuse("", "a safetensors file", "only " + file.size() + " bytes");
    }
    long length = ByteBuffer.wrap(file.copy(0, 8)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > Math.min(LONGEST_HEADER, file.size() - 8)) {
      throw refuse(
          "", "a header that fits the file of " + file.size() + " bytes", length + " bytes");
    }
    return length;
  }

  private void add(List<Entry> entries, String name, JsonNode node) {
    if (name.equals(METADATA)) {
      return;
    }
    JsonNode shape = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    JsonNode dtype = node.path("dtype");
    boolean whole =
        dtype.isTextual() && shape.isArray() && offsets.isArray() && offsets.size() == 2;
    if (!whole || !allIntegers(shape) || !allIntegers(offsets)) {
      throw refuse(name, "dtype, shape and two data_offsets", "other content");
    }
    List<Integer> axes = new ArrayList<>();
    shape.forEach(size -> axes.add(NumberArray.axis(source, name, size.asLong())));
    long begin = offsets.get(0).asLong();
    long end = offsets.get(1).asLong();
    if (begin < 0 || end < begin) {
      throw refuse(name, "data_offsets in ascending order from 0", "[" + begin + ", " + end + "]");
    }
    entries.add(new Entry(name, dtype.asText(), List.copyOf(axes), begin, end));
  }

  private static boolean allIntegers(JsonNode array) {
    for (JsonNode item : array) {
      if (!item.isIntegralNumber() || !item.canConvertToLong()) {
        return false;
      }
    }
    return true;
  }

  private void checkCoverage(List<Entry> entries, long size) {
    long at = 0;
    for (Entry entry : entries.stream().sorted(Comparator.comparingLong(Entry::begin)).toList()) {
      if (entry.begin() != at) {
        String expected = "data that begins at " + at + ", where the one before ends";
        throw refuse(entry.name(), expected, "an offset of " + entry.begin());
      }
      at = entry.end();
    }
    if (at != size) {
      String found = size + " bytes" + (size < at ? "; the file is truncated" : "");
      throw refuse("", at + " bytes of data as its header says", found);
    }
  }

  /** The type, or null for one that holds neither images nor labels. */
  private static @Nullable ElementType type(String dtype) {
    return switch (dtype) {
      case "U8" -> ElementType.UINT8;
      case "I8" -> ElementType.INT8;
      case "U16" -> ElementType.UINT16;
      case "I16" -> ElementType.INT16;
      case "U32" -> ElementType.UINT32;
      case "I32" -> ElementType.INT32;
      case "U64" -> ElementType.UINT64;
      case "I64" -> ElementType.INT64;
      case "F32" -> ElementType.FLOAT32;
      case "F64" -> ElementType.FLOAT64;
      default -> null;
    };
  }

  private InvalidInputException refuse(String field, String expected, String found) {
    return new InvalidInputException(source, field, expected, found);
  }
}
