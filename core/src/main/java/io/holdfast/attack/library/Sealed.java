package io.holdfast.attack.library;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * JSON objects that vouch for themselves: their key {@code record} is the SHA-256 of the others in
 * canonical JSON.
 *
 * @param object without its seal
 * @param intact whether the seal fits
 * @param where file and line, for messages
 */
record Sealed(ObjectNode object, boolean intact, String where) {
  private static final String RECORD = "record";

  /** The map with its seal. */
  static Map<String, Object> seal(Map<String, Object> map) {
    Map<String, Object> sealed = new LinkedHashMap<>(map);
    sealed.put(RECORD, Hashes.sha256Hex(Json.canonical(map)));
    return sealed;
  }

  /**
   * Opens a text.
   *
   * @throws InvalidInputException if it is no JSON object
   */
  static Sealed parse(String text, String where) {
    JsonNode tree = Json.parse(text, where);
    if (!(tree instanceof ObjectNode object)) {
      throw new InvalidInputException(where, "", "a JSON object", tree.getNodeType().toString());
    }
    JsonNode record = object.remove(RECORD);
    String actual = Hashes.sha256Hex(Json.canonical(object));
    return new Sealed(object, record != null && actual.equals(record.asText()), where);
  }

  /**
   * Reads the object, whether its seal fits or not.
   *
   * @throws InvalidInputException with everything that is wrong
   */
  <T> T read(Function<SettingsReader, T> reading) {
    Problems problems = new Problems(where);
    SettingsReader reader =
        Settings.of(Json.parse(object.toString(), where, Fields.class)).reader(problems);
    T value = reading.apply(reader);
    reader.finish();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(
          problems.list().stream()
              .map(p -> new Problem(where, p.field(), p.expected(), p.found(), p.hint()))
              .toList());
    }
    return value;
  }

  private static final class Fields extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1L;
  }
}
