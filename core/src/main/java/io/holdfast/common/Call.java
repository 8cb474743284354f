package io.holdfast.common;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A name with parameters, as in {@code pgd[steps=50,restarts=5]}. Values may themselves contain
 * balanced brackets; commas and equal signs within those do not separate.
 *
 * @param name letters, digits and {@code _ . : / + -}
 * @param arguments in the order given
 */
public record Call(String name, Map<String, String> arguments) {
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}_.:/+-]*+");
  private static final Pattern KEY = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*+");
  private static final String FORM =
      "a name such as fgsm, or with parameters such as pgd[steps=50,restarts=5]";

  public Call {
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    check(NAME.matcher(name).matches(), name, FORM, name);
    arguments.forEach(
        (key, value) -> {
          check(
              KEY.matcher(key).matches() && !key.equals(Settings.NAME),
              key,
              "a parameter's name",
              key);
          check(isValue(value), key, "a value with balanced brackets and no other comma", value);
        });
  }

  /** A call without parameters. */
  public Call(String name) {
    this(name, Map.of());
  }

  /**
   * Reads {@code name} or {@code name[key=value,...]}.
   *
   * @throws InvalidInputException if the text has another form
   */
  public static Call parse(String text) {
    String trimmed = text.strip();
    int bracket = trimmed.indexOf('[');
    if (bracket < 0) {
      return new Call(trimmed);
    }
    check(trimmed.endsWith("]"), trimmed, FORM, trimmed);
    String inside = trimmed.substring(bracket + 1, trimmed.length() - 1);
    return new Call(trimmed.substring(0, bracket).strip(), arguments(split(inside), trimmed));
  }

  /**
   * Reads {@code name}, {@code name,key=value,...} or {@code name[key=value,...]}, the form of an
   * option that takes one name only.
   *
   * @throws InvalidInputException if the text has another form
   */
  public static Call parseUnbracketed(String text) {
    List<String> parts = split(text);
    check(!parts.isEmpty(), text, FORM, text);
    if (parts.size() == 1) {
      return parse(text);
    }
    return new Call(parts.get(0), arguments(parts.subList(1, parts.size()), text));
  }

  /**
   * Splits {@code a[x=1,y=2],b} at the commas outside brackets into {@code a[x=1,y=2]} and {@code
   * b}, each with blanks removed.
   *
   * @throws InvalidInputException if brackets do not match or a part is empty
   */
  public static List<String> splitList(String text) {
    List<String> parts = split(text);
    check(!parts.isEmpty(), text, "at least one name", text);
    return parts;
  }

  /** The parameters as a section with the key {@code name} first, for a {@link SettingsReader}. */
  public Settings toSettings() {
    return toSettings(toString());
  }

  /**
   * As {@link #toSettings()}.
   *
   * @param source the text in messages, where it is not that of this call
   */
  public Settings toSettings(String source) {
    return Settings.of(this, source);
  }

  /**
   * The form that {@link #parse} reads; for equal calls with equal order of parameters, equal text.
   */
  @Override
  public String toString() {
    if (arguments.isEmpty()) {
      return name;
    }
    return arguments.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(",", name + "[", "]"));
  }

  private static Map<String, String> arguments(List<String> parts, String text) {
    Map<String, String> arguments = new LinkedHashMap<>();
    for (String part : parts) {
      int equals = part.indexOf('=');
      check(equals > 0, text, "parameters as key=value", part);
      String key = part.substring(0, equals).strip();
      String previous = arguments.put(key, part.substring(equals + 1).strip());
      check(previous == null, text, "each parameter once", key + " twice");
    }
    return arguments;
  }

  /** The parts between the outer commas; none for a blank text. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    int depth = 0;
    for (int i = 0; i < text.length(); i++) {
      depth += depthChange(text.charAt(i));
      check(depth >= 0, text, "matching brackets", text);
      if (text.charAt(i) == ',' && depth == 0) {
        parts.add(text.substring(start, i).strip());
        start = i + 1;
      }
    }
    check(depth == 0, text, "matching brackets", text);
    if (!parts.isEmpty() || !text.isBlank()) {
      parts.add(text.substring(start).strip());
    }
    check(!parts.contains(""), text, "something between commas", text);
    return parts;
  }

  private static int depthChange(char c) {
    return switch (c) {
      case '[', '{' -> 1;
      case ']', '}' -> -1;
      default -> 0;
    };
  }

  private static boolean isValue(String value) {
    return !value.isEmpty() && value.equals(value.strip()) && split(value).size() == 1;
  }

  private static void check(boolean holds, String source, String expected, String found) {
    if (!holds) {
      throw new InvalidInputException(
          source, "", expected, found.isBlank() ? "nothing" : '"' + found + '"');
    }
  }
}
