package io.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** As much of JSON Schema as ours uses; an unknown keyword is an error. */
final class SchemaCheck {
  private final List<String> problems = new ArrayList<>();

  private SchemaCheck() {}

  /** What does not fit, by path; empty if all does. */
  static List<String> problems(JsonNode schema, JsonNode value) {
    SchemaCheck check = new SchemaCheck();
    check.value(schema, value, "");
    return check.problems;
  }

  private void value(JsonNode schema, JsonNode value, String at) {
    for (Map.Entry<String, JsonNode> rule : schema.properties()) {
      JsonNode wanted = rule.getValue();
      switch (rule.getKey()) {
        case "type" -> require(isOf(wanted, value), at + ": not " + wanted);
        case "enum" -> require(contains(wanted, value), at + ": not one of " + wanted);
        case "minimum" ->
            require(!value.isNumber() || value.asDouble() >= wanted.asDouble(), at + ": too small");
        case "exclusiveMinimum" ->
            require(!value.isNumber() || value.asDouble() > wanted.asDouble(), at + ": too small");
        case "maximum" ->
            require(!value.isNumber() || value.asDouble() <= wanted.asDouble(), at + ": too large");
        case "minItems" ->
            require(!value.isArray() || value.size() >= wanted.asInt(), at + ": too short");
        case "maxItems" ->
            require(!value.isArray() || value.size() <= wanted.asInt(), at + ": too long");
        case "items" -> value.forEach(item -> value(wanted, item, at + "[]"));
        case "anyOf" -> anyOf(wanted, value, at);
        case "required" ->
            wanted.forEach(
                key -> require(!value.isObject() || value.has(key.asText()), at + ": no " + key));
        case "properties" ->
            value
                .properties()
                .forEach(
                    e -> {
                      if (wanted.has(e.getKey())) {
                        value(wanted.path(e.getKey()), e.getValue(), at + "." + e.getKey());
                      }
                    });
        case "additionalProperties" ->
            value
                .properties()
                .forEach(
                    e ->
                        require(
                            schema.path("properties").has(e.getKey()),
                            at + ": unknown " + e.getKey()));
        case "$schema", "title", "description", "default", "x-default" -> {}
        default -> throw new AssertionError("a keyword that is not checked: " + rule.getKey());
      }
    }
  }

  private void anyOf(JsonNode choices, JsonNode value, String at) {
    for (JsonNode choice : choices) {
      if (problems(choice, value).isEmpty()) {
        return;
      }
    }
    problems.add(at + ": fits none of " + choices);
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode item : list) {
      if (item.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOf(JsonNode type, JsonNode value) {
    if (type.isArray()) {
      for (JsonNode one : type) {
        if (isOf(one, value)) {
          return true;
        }
      }
      return false;
    }
    return switch (type.asText()) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      default -> throw new AssertionError("a type that is not checked: " + type);
    };
  }

  private void require(boolean fits, String problem) {
    if (!fits) {
      problems.add(problem);
    }
  }
}
