package io.holdfast.common;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON as all of Holdfast reads and writes it: strict when reading (no duplicate keys, no unknown
 * properties, nothing after the end), one fixed form when writing. Records, maps and lists keep
 * their own order; numbers that are not finite become the strings {@code "NaN"}, {@code "Infinity"}
 * and {@code "-Infinity"}.
 */
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();
  private static final ObjectWriter PRETTY = MAPPER.writer(printer());
  private static final ObjectWriter CANONICAL =
      MAPPER.writer().with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private Json() {}

  /** On one line, in the order of the value's own keys. */
  public static String compact(Object value) {
    return write(MAPPER.writer(), value);
  }

  /** Indented by two spaces, ending in a newline, the same on every platform. */
  public static String pretty(Object value) {
    return write(PRETTY, value) + "\n";
  }

  /** On one line with all keys sorted, so that equal values have equal text; for hashing. */
  public static String canonical(Object value) {
    return write(CANONICAL, MAPPER.convertValue(value, Object.class));
  }

  /** A new empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** A value as a tree. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * Reads text.
   *
   * @param source its name in messages
   * @throws InvalidInputException naming line and column if it is not JSON
   */
  public static JsonNode parse(String text, String source) {
    return parse(text, source, JsonNode.class);
  }

  /**
   * Reads text as a record or other type.
   *
   * @throws InvalidInputException naming line, column and what does not fit
   */
  public static <T> T parse(String text, String source, Class<T> type) {
    if (text.isBlank()) {
      throw new InvalidInputException(source, "", "JSON", "an empty text");
    }
    try {
      T value = MAPPER.readValue(text, type);
      if (isNothing(value)) {
        throw new InvalidInputException(source, "", "JSON", "null");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw malformed(source, e);
    }
  }

  /**
   * Reads a file.
   *
   * @throws InvalidInputException if it cannot be read or is not JSON
   */
  public static JsonNode read(Path file) {
    return read(file, JsonNode.class);
  }

  /**
   * Reads a file as a record or other type.
   *
   * @throws InvalidInputException if it cannot be read or does not fit
   */
  public static <T> T read(Path file, Class<T> type) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
    return parse(text, file.toString(), type);
  }

  private static boolean isNothing(@Nullable Object value) {
    return value == null
        || (value instanceof JsonNode node && (node.isMissingNode() || node.isNull()));
  }

  private static String write(ObjectWriter writer, Object value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          value.getClass().getName() + " cannot be written as JSON", e);
    }
  }

  private static InvalidInputException malformed(String source, JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    String place = at == null ? source : source + ":" + at.getLineNr() + ":" + at.getColumnNr();
    String field = e instanceof JsonMappingException mapping ? path(mapping) : "";
    // Jackson's advice on its own switches, in brackets at the end, is not for the user.
    String found =
        e.getOriginalMessage()
            .lines()
            .findFirst()
            .orElse("")
            .replaceFirst(" \\(set Deser.*| \\(class .*", "");
    return new InvalidInputException(List.of(new Problem(place, field, "valid JSON", found)), e);
  }

  private static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      String name = step.getFieldName();
      path.append(name == null ? "[" + step.getIndex() + "]" : path.isEmpty() ? name : "." + name);
    }
    return path.toString();
  }

  private static DefaultPrettyPrinter printer() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(indenter);
    printer.indentArraysWith(DefaultPrettyPrinter.FixedSpaceIndenter.instance);
    return printer;
  }
}
