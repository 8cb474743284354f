package io.holdfast.common;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A node of a settings tree; each knows where it was written. */
sealed interface SettingsNode {

  Place place();

  /** The value as String, Long, Double, Boolean, List or Map; null for a null. */
  @Nullable Object toObject();

  /** The value in a message: {@code "fast"}, {@code 4.0}, {@code a list}. */
  String found();

  /** No value was given. */
  default boolean isNothing() {
    return this instanceof Scalar scalar && scalar.kind == Kind.NOTHING;
  }

  /**
   * Where a node was written.
   *
   * @param source the file or option
   * @param line from 1, or 0 where lines mean nothing
   */
  record Place(String source, int line) {
    @Override
    public String toString() {
      return line == 0 ? source : source + ":" + line;
    }
  }

  /** What a scalar is; an integer fits 64 bits, larger ones are decimals. */
  enum Kind {
    NOTHING,
    FLAG,
    INTEGER,
    DECIMAL,
    TEXT
  }

  /**
   * A single value.
   *
   * @param text as written, without quotes
   */
  record Scalar(Kind kind, String text, Place place) implements SettingsNode {
    private static final int LONGEST_SHOWN = 60;

    @Override
    public @Nullable Object toObject() {
      return switch (kind) {
        case NOTHING -> null;
        case FLAG -> Scalars.flag(text);
        case INTEGER -> Scalars.integer(text);
        case DECIMAL -> Scalars.decimal(text);
        case TEXT -> text;
      };
    }

    @Override
    public String found() {
      String shown =
          text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "...";
      return switch (kind) {
        case NOTHING -> "nothing";
        case TEXT -> '"' + shown + '"';
        default -> shown;
      };
    }
  }

  /** A list, never changed after construction. */
  record Items(List<SettingsNode> items, Place place) implements SettingsNode {
    @Override
    public List<@Nullable Object> toObject() {
      List<@Nullable Object> values = new ArrayList<>();
      items.forEach(item -> values.add(item.toObject()));
      return values;
    }

    @Override
    public String found() {
      return items.isEmpty() ? "an empty list" : "a list";
    }
  }

  /**
   * A section: keys and values in the order of the file. The map is never changed after
   * construction.
   */
  record Fields(Map<String, SettingsNode> fields, Place place) implements SettingsNode {

    /** Without the keys whose value is nothing, since those count as missing. */
    @Override
    public Map<String, Object> toObject() {
      Map<String, Object> values = new LinkedHashMap<>();
      fields.forEach(
          (key, node) -> {
            Object value = node.toObject();
            if (value != null) {
              values.put(key, value);
            }
          });
      return values;
    }

    @Override
    public String found() {
      return "a section";
    }
  }
}
