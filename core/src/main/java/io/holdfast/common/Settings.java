package io.holdfast.common;

import io.holdfast.common.SettingsNode.Fields;
import io.holdfast.common.SettingsNode.Items;
import io.holdfast.common.SettingsNode.Kind;
import io.holdfast.common.SettingsNode.Place;
import io.holdfast.common.SettingsNode.Scalar;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An immutable section of settings in the order it was written; every value knows the file and line
 * it came from. Read it through {@link #reader}. Two settings are equal if their values are,
 * wherever they came from.
 *
 * <p>Files are YAML 1.2, of which JSON is a part. Unquoted {@code 5e-4} and {@code 1_000} are
 * numbers; quoted text stays text; duplicate keys are an error; a key without a value counts as
 * missing.
 */
public final class Settings {
  /** The key under which a section such as {@code {name: trades, beta: 6}} says what it is. */
  public static final String NAME = "name";

  private final Fields root;
  private final String path;
  private final @Nullable String text;

  Settings(Fields root, String path) {
    this(root, path, null);
  }

  /**
   * @param text what the section was written as, where that was a text such as {@code pgd[steps=5]}
   */
  private Settings(Fields root, String path, @Nullable String text) {
    this.root = root;
    this.path = path;
    this.text = text;
  }

  /**
   * Reads a YAML or JSON file.
   *
   * @throws InvalidInputException if it cannot be read, naming line and column of a syntax error
   */
  public static Settings parse(Path file) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > Yaml.MAX_CHARS) {
        throw Yaml.tooLarge(file.toString());
      }
      return yaml(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /**
   * Reads YAML or JSON text.
   *
   * @param source its name in messages
   */
  public static Settings yaml(String text, String source) {
    return new Settings(Yaml.document(text, source), "");
  }

  /**
   * Settings made by a program; values are text, numbers, booleans, null, lists, maps and {@link
   * Settings}.
   */
  public static Settings of(Map<String, ?> values) {
    return new Settings(fields(values, new Place("", 0)), "");
  }

  static Settings of(Call call, String source) {
    return new Settings(fields(call, new Place(source, 0)), "", call.toString());
  }

  /**
   * Copies these settings with one value replaced or added, as {@code --set
   * train.optimiser.learning_rate=0.1} does.
   *
   * @param dotted keys and list positions, such as {@code evaluate.attacks[1]} or {@code
   *     evaluate.attacks.1}; the position after the last appends; missing sections are made; a name
   *     in the way, such as {@code objective: trades}, becomes {@code {name: trades}}
   * @param text a plain value, or a list, section or quoted text as in YAML
   * @throws InvalidInputException if the path does not fit these settings
   */
  public Settings withOverride(String dotted, String text) {
    return withOverride(dotted, text, Problem.OVERRIDE + dotted);
  }

  /**
   * As {@link #withOverride(String, String)}, for a value that was not given by {@code --set}.
   *
   * @param source where the value comes from, for messages, such as {@code --data}
   */
  public Settings withOverride(String dotted, String text, String source) {
    Place place = new Place(source, 0);
    return new Settings(
        (Fields) SettingsPath.replace(root, dotted, Yaml.value(text, place), place), path);
  }

  /** Reads an override written {@code path=value}. */
  public Settings withOverride(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals <= 0) {
      throw new InvalidInputException(
          Problem.OVERRIDE + assignment,
          "",
          "path=value, such as train.epochs=8",
          '"' + assignment + '"');
    }
    return withOverride(assignment.substring(0, equals).strip(), assignment.substring(equals + 1));
  }

  /** The section under a key; empty where there is none. */
  public Settings section(String key) {
    SettingsNode value = root.fields().get(key);
    Fields section = value instanceof Fields fields ? fields : new Fields(Map.of(), root.place());
    return new Settings(section, path.isEmpty() ? key : path + "." + key);
  }

  /** The same with a section under a key, in the place of what stood there. */
  public Settings with(String key, Settings section) {
    Map<String, SettingsNode> fields = new LinkedHashMap<>(root.fields());
    fields.put(key, section.root);
    return new Settings(new Fields(fields, root.place()), path);
  }

  /** The same without some keys. */
  public Settings without(String... keys) {
    Map<String, SettingsNode> fields = new LinkedHashMap<>(root.fields());
    fields.keySet().removeAll(List.of(keys));
    return new Settings(new Fields(fields, root.place()), path);
  }

  /** The same with some keys only, as far as they are there. */
  public Settings only(String... keys) {
    Map<String, SettingsNode> fields = new LinkedHashMap<>(root.fields());
    fields.keySet().retainAll(List.of(keys));
    return new Settings(new Fields(fields, root.place()), path);
  }

  /**
   * These settings with what another section says in the place of theirs; values still know their
   * lines. A section without a {@code name} replaces only the keys that it has of the section that
   * stood there; all else is replaced whole. A key without a value counts as missing afterwards.
   */
  public Settings changedBy(Settings over) {
    Map<String, SettingsNode> fields = new LinkedHashMap<>(root.fields());
    over.root
        .fields()
        .forEach((key, value) -> fields.merge(key, value, (old, now) -> changed(old, now)));
    return new Settings(new Fields(fields, over.root.place()), path);
  }

  private static SettingsNode changed(SettingsNode old, SettingsNode now) {
    boolean part = now instanceof Fields fields && !fields.fields().containsKey(NAME);
    Fields whole =
        old instanceof Fields fields
            ? fields
            : old instanceof Scalar scalar && scalar.kind() == Kind.TEXT
                ? SettingsPath.named(scalar)
                : null;
    if (!part || whole == null) {
      return now;
    }
    Map<String, SettingsNode> both = new LinkedHashMap<>(whole.fields());
    both.putAll(((Fields) now).fields());
    return new Fields(both, now.place());
  }

  /** A reader that adds what is wrong to {@code problems}. */
  public SettingsReader reader(Problems problems) {
    return new SettingsReader(root, path, problems, text);
  }

  /** The file and line where this section starts; empty for settings made by a program. */
  public String place() {
    return root.place().toString();
  }

  public boolean isEmpty() {
    return root.fields().isEmpty();
  }

  /**
   * Plain values in the order written: String, Long, Double, Boolean, List and Map; keys without a
   * value are left out.
   */
  public Map<String, Object> toMap() {
    return root.toObject();
  }

  /**
   * Canonical JSON: one line, keys sorted, numbers in their shortest form; equal settings give
   * equal text.
   */
  public String toJson() {
    return Json.canonical(toMap());
  }

  /** SHA-256 of {@link #toJson}, 64 hexadecimal characters. */
  public String sha256() {
    return Hashes.sha256Hex(toJson());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Settings settings && toMap().equals(settings.toMap());
  }

  @Override
  public int hashCode() {
    return toMap().hashCode();
  }

  @Override
  public String toString() {
    return toJson();
  }

  /** The section that a call stands for: its name, then its parameters. */
  static Fields fields(Call call, Place place) {
    Map<String, SettingsNode> fields = new LinkedHashMap<>();
    fields.put(NAME, new Scalar(Kind.TEXT, call.name(), place));
    call.arguments().forEach((key, value) -> fields.put(key, Yaml.value(value, place)));
    return new Fields(fields, place);
  }

  /**
   * A section in the form of a call: its name, and its other values in brackets as far as it has
   * them.
   */
  static String label(Fields section) {
    String rest =
        section.fields().entrySet().stream()
            .filter(e -> !e.getKey().equals(NAME) && !e.getValue().isNothing())
            .map(e -> e.getKey() + "=" + written(e.getValue()))
            .collect(Collectors.joining(","));
    String name = section.fields().get(NAME) instanceof Scalar scalar ? scalar.text() : "";
    return rest.isEmpty() ? name : name + "[" + rest + "]";
  }

  private static String written(SettingsNode value) {
    return value instanceof Scalar scalar
        ? scalar.text()
        : Json.compact(Objects.requireNonNull(value.toObject()));
  }

  private static Fields fields(Map<?, ?> values, Place place) {
    Map<String, SettingsNode> fields = new LinkedHashMap<>();
    values.forEach((key, value) -> fields.put(String.valueOf(key), node(value, place)));
    return new Fields(fields, place);
  }

  private static SettingsNode node(@Nullable Object value, Place place) {
    if (value == null) {
      return new Scalar(Kind.NOTHING, "", place);
    } else if (value instanceof Settings settings) {
      return settings.root;
    } else if (value instanceof Map<?, ?> map) {
      return fields(map, place);
    } else if (value instanceof List<?> list) {
      List<SettingsNode> items = new ArrayList<>();
      list.forEach(item -> items.add(node(item, place)));
      return new Items(items, place);
    } else if (value instanceof Number number) {
      return isWhole(number)
          ? new Scalar(Kind.INTEGER, number.toString(), place)
          : new Scalar(Kind.DECIMAL, decimal(number.doubleValue()), place);
    }
    return new Scalar(value instanceof Boolean ? Kind.FLAG : Kind.TEXT, value.toString(), place);
  }

  private static boolean isWhole(Number number) {
    return number instanceof Integer
        || number instanceof Long
        || number instanceof Short
        || number instanceof Byte
        || number instanceof BigInteger
        || (number instanceof BigDecimal decimal && decimal.scale() == 0);
  }

  private static String decimal(double value) {
    if (Double.isNaN(value)) {
      return ".nan";
    }
    return Double.isInfinite(value) ? (value < 0 ? "-.inf" : ".inf") : Double.toString(value);
  }
}
