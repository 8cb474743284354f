package io.holdfast.common;

import static io.holdfast.common.Conversions.choiceText;
import static io.holdfast.common.Conversions.integerText;
import static io.holdfast.common.Conversions.numberText;

import io.holdfast.common.Conversions.Conversion;
import io.holdfast.common.SettingsNode.Fields;
import io.holdfast.common.SettingsNode.Items;
import io.holdfast.common.SettingsNode.Kind;
import io.holdfast.common.SettingsNode.Place;
import io.holdfast.common.SettingsNode.Scalar;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads one section of {@link Settings}, adding whatever is missing, mistyped or out of range to a
 * {@link Problems} instead of throwing. A method that reports a problem returns the default, or a
 * harmless value where there is none, so that the caller can go on; call {@link
 * Problems#throwIfAny} before use. At the end, {@link #finish} on the outermost reader reports the
 * keys that nobody has asked for, here and in every section opened from here. Not thread-safe.
 */
public final class SettingsReader {
  private final Fields node;
  private final String path;
  private final Problems problems;
  private final @Nullable String label;
  private final Set<String> known = new LinkedHashSet<>();
  private final List<SettingsReader> opened = new ArrayList<>();

  /**
   * @param label what the section was written as, where that was a text
   */
  SettingsReader(Fields node, String path, Problems problems, @Nullable String label) {
    this.node = node;
    this.path = path;
    this.problems = problems;
    this.label = label;
  }

  /** Whether the key has a value; the key counts as known from here on. */
  public boolean has(String key) {
    return get(key) != null;
  }

  /** Whether the key holds a section, not a plain value or a list. */
  public boolean isSection(String key) {
    return get(key) instanceof Fields;
  }

  /** Required text. */
  public String text(String key) {
    return required(key, "a text", textOrNull(key), "");
  }

  public String text(String key, String fallback) {
    String text = textOrNull(key);
    return text == null ? fallback : text;
  }

  /**
   * Text, or null where the key is missing. Unquoted numbers and flags are taken as they are
   * written.
   */
  public @Nullable String textOrNull(String key) {
    return read(key, Conversions.text());
  }

  /** A required integer in {@code [min, max]}. */
  public int integer(String key, int min, int max) {
    return Math.toIntExact(longInteger(key, min, max));
  }

  /** An integer in {@code [min, max]}. */
  public int integer(String key, int fallback, int min, int max) {
    return Math.toIntExact(longInteger(key, fallback, min, max));
  }

  /** A required integer of 64 bits in {@code [min, max]}. */
  public long longInteger(String key, long min, long max) {
    return required(key, integerText(min, max), read(key, Conversions.integer(min, max)), min);
  }

  /** An integer of 64 bits in {@code [min, max]}. */
  public long longInteger(String key, long fallback, long min, long max) {
    Long value = read(key, Conversions.integer(min, max));
    return value == null ? fallback : value;
  }

  /**
   * A required finite number in {@code [min, max]}; {@code 8/255} is a number too. See {@link
   * #positive} for an open lower end.
   */
  public double number(String key, double min, double max) {
    double harmless = Math.max(min, -Double.MAX_VALUE);
    return required(key, numberText(min, max), read(key, Conversions.number(min, max)), harmless);
  }

  /** A finite number in {@code [min, max]}; {@code 8/255} is a number too. */
  public double number(String key, double fallback, double min, double max) {
    Double value = read(key, Conversions.number(min, max));
    return value == null ? fallback : value;
  }

  /**
   * A required finite number in {@code [min, max]}, or a word that stands for a value of its own.
   *
   * @param word such as {@code inf}
   * @param meaning its value
   */
  public double numberOr(String key, String word, double meaning, double min, double max) {
    return required(
        key,
        numberText(min, max),
        read(key, Conversions.numberOr(word, meaning, min, max)),
        Math.max(min, -Double.MAX_VALUE));
  }

  /** A required finite number above 0. */
  public double positive(String key) {
    return number(key, Double.MIN_VALUE, Double.POSITIVE_INFINITY);
  }

  /** A finite number above 0. */
  public double positive(String key, double fallback) {
    return number(key, fallback, Double.MIN_VALUE, Double.POSITIVE_INFINITY);
  }

  /** {@code true} or {@code false}. */
  public boolean flag(String key, boolean fallback) {
    Boolean value = read(key, Conversions.flag());
    return value == null ? fallback : value;
  }

  /** A required text out of {@code allowed}. */
  public String choice(String key, Collection<String> allowed) {
    String first = allowed.iterator().next();
    return required(key, choiceText(allowed), read(key, Conversions.choice(allowed)), first);
  }

  /** A text out of {@code allowed}. */
  public String choice(String key, String fallback, Collection<String> allowed) {
    String value = read(key, Conversions.choice(allowed));
    return value == null ? fallback : value;
  }

  /** A constant of the fallback's type, written in lower case with {@code -} for {@code _}. */
  public <E extends Enum<E>> E choice(String key, E fallback) {
    List<E> constants = List.of(fallback.getDeclaringClass().getEnumConstants());
    List<String> names = constants.stream().map(constant -> written(constant)).toList();
    return constants.get(names.indexOf(choice(key, written(fallback), names)));
  }

  /** A section; empty where the key is missing. */
  public SettingsReader section(String key) {
    SettingsNode value = get(key);
    if (value == null) {
      return open(new Fields(Map.of(), node.place()), path(key), null);
    }
    return value instanceof Fields fields
        ? open(fields, path(key), null)
        : broken(value, path(key), "a section");
  }

  /** A section that must be there: its absence is one problem, not one for each key in it. */
  public SettingsReader requiredSection(String key) {
    return has(key) ? section(key) : missing(key, "a section");
  }

  /**
   * What is written as {@code pgd-at}, as {@code pgd[steps=50]} or as {@code {name: pgd, steps:
   * 50}}: always read as a section with the key {@code name}.
   */
  public SettingsReader textOrSection(String key) {
    SettingsNode value = get(key);
    return value == null
        ? missing(key, "a name, or a section with a name")
        : named(value, path(key));
  }

  /** As {@link #textOrSection(String)}, with the text to take where the key is missing. */
  public SettingsReader textOrSection(String key, String fallback) {
    SettingsNode value = get(key);
    Place place = node.place();
    return named(value == null ? new Scalar(Kind.TEXT, fallback, place) : value, path(key));
  }

  /** A list of sections; empty where the key is missing. */
  public List<SettingsReader> sections(String key) {
    return items(
        key,
        (n, at) ->
            n instanceof Fields fields ? open(fields, at, null) : broken(n, at, "a section"));
  }

  /**
   * A list whose entries are each as for {@link #textOrSection}; empty where the key is missing. A
   * single entry may stand alone.
   */
  public List<SettingsReader> textsOrSections(String key) {
    return items(key, this::named);
  }

  /** A list of texts; a single text may stand alone. */
  public List<String> texts(String key, List<String> fallback) {
    return values(key, fallback, Conversions.text());
  }

  /** A list of finite numbers in {@code [min, max]}; a single number may stand alone. */
  public List<Double> numbers(String key, List<Double> fallback, double min, double max) {
    return values(key, fallback, Conversions.number(min, max));
  }

  /** A list of integers in {@code [min, max]}; a single integer may stand alone. */
  public List<Integer> integers(String key, List<Integer> fallback, int min, int max) {
    List<Long> wide = fallback.stream().map(Integer::longValue).toList();
    return longIntegers(key, wide, min, max).stream().map(Math::toIntExact).toList();
  }

  /** A list of integers of 64 bits in {@code [min, max]}; a single integer may stand alone. */
  public List<Long> longIntegers(String key, List<Long> fallback, long min, long max) {
    return values(key, fallback, Conversions.integer(min, max));
  }

  /**
   * The entries of a list, or a single one that stands alone, each as a text that means the same
   * where settings are given as text.
   */
  public List<String> literals(String key) {
    return items(
        key,
        (value, at) ->
            value instanceof Scalar scalar
                ? scalar.text()
                : Json.compact(Objects.requireNonNull(value.toObject())));
  }

  /** Reports a value that only the caller can judge, at the key's own line. */
  public void reject(String key, String expected, String found, @Nullable String hint) {
    SettingsNode value = get(key);
    report(value == null ? node : value, path(key), expected, found, hint);
  }

  /** File and line of a key's value; of this section where the key is missing. */
  public String place(String key) {
    SettingsNode value = get(key);
    return (value == null ? node : value).place().toString();
  }

  /** Marks keys as known that are read elsewhere or not at all. */
  public void allow(String... keys) {
    known.addAll(List.of(keys));
  }

  /**
   * What this section was written as, where it was a text such as {@code pgd[steps=50]}; else its
   * name with its other values in brackets, as far as it has them.
   */
  public String label() {
    return label == null ? Settings.label(node) : label;
  }

  /** The keys that have a value, in the order written. */
  public List<String> keys() {
    return node.fields().entrySet().stream()
        .filter(e -> !e.getValue().isNothing())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** This section by itself, still knowing its lines and its path. All its keys count as known. */
  public Settings settings() {
    known.addAll(node.fields().keySet());
    return new Settings(node, path);
  }

  /** Where this section stands in its file, as a dotted path; empty for the root. */
  public String path() {
    return path;
  }

  /** Where problems of this reader go. */
  public Problems problems() {
    return problems;
  }

  /**
   * Reports every key that was not asked for, with the nearest known one, here and in all sections
   * opened from here.
   */
  public void finish() {
    List<String> missing = known.stream().filter(key -> !node.fields().containsKey(key)).toList();
    node.fields()
        .forEach(
            (key, value) -> {
              if (!known.contains(key)) {
                report(
                    value, path(key), "a known key", "an unknown one", unknownHint(key, missing));
              }
            });
    opened.forEach(SettingsReader::finish);
    known.addAll(node.fields().keySet()); // a second call reports nothing twice
  }

  private @Nullable String unknownHint(String key, List<String> missing) {
    String absent = Nearest.hint(key, missing);
    String nearest = absent == null ? Nearest.hint(key, known) : absent;
    if (nearest != null || known.isEmpty()) {
      return nearest;
    }
    return "known here: " + String.join(", ", known);
  }

  private @Nullable SettingsNode get(String key) {
    known.add(key);
    SettingsNode value = node.fields().get(key);
    return value == null || value.isNothing() ? null : value;
  }

  private <T> @Nullable T read(String key, Conversion<T> conversion) {
    SettingsNode value = get(key);
    return value == null ? null : read(value, path(key), conversion);
  }

  private <T> @Nullable T read(SettingsNode value, String at, Conversion<T> conversion) {
    return conversion.of(value, (n, expected, hint) -> report(n, at, expected, n.found(), hint));
  }

  private <T> T required(String key, String expected, @Nullable T value, T harmless) {
    if (value != null) {
      return value;
    }
    if (get(key) == null) {
      report(node, path(key), expected, "nothing", null);
    }
    return harmless;
  }

  private <T> List<T> values(String key, List<T> fallback, Conversion<T> conversion) {
    if (!has(key)) {
      return fallback;
    }
    List<T> values = new ArrayList<>();
    items(
        key,
        (value, at) -> {
          T converted = read(value, at, conversion);
          if (converted != null) {
            values.add(converted);
          }
          return at;
        });
    return List.copyOf(values);
  }

  private <T> List<T> items(String key, BiFunction<SettingsNode, String, T> each) {
    SettingsNode value = get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof Items items)) {
      return List.of(each.apply(value, path(key)));
    }
    List<T> results = new ArrayList<>();
    for (int i = 0; i < items.items().size(); i++) {
      results.add(each.apply(items.items().get(i), path(key) + "[" + i + "]"));
    }
    return List.copyOf(results);
  }

  private SettingsReader named(SettingsNode value, String at) {
    if (value instanceof Fields fields) {
      return open(fields, at, null);
    }
    if (!(value instanceof Scalar scalar) || scalar.kind() != Kind.TEXT) {
      return broken(value, at, "a name, or a section with a name");
    }
    try {
      return open(
          Settings.fields(Call.parse(scalar.text()), scalar.place()), at, scalar.text().strip());
    } catch (InvalidInputException e) {
      e.problems().forEach(p -> report(value, at, p.expected(), p.found(), p.hint()));
      return muted(at);
    }
  }

  private SettingsReader open(Fields fields, String at, @Nullable String writtenAs) {
    SettingsReader reader = new SettingsReader(fields, at, problems, writtenAs);
    opened.add(reader);
    return reader;
  }

  private SettingsReader missing(String key, String expected) {
    report(node, path(key), expected, "nothing", null);
    return muted(path(key));
  }

  private SettingsReader broken(SettingsNode value, String at, String expected) {
    report(value, at, expected, value.found(), null);
    return muted(at);
  }

  /**
   * Stands in for a section that could not be read, which was reported already: what is missing in
   * it is not.
   */
  private SettingsReader muted(String at) {
    return new SettingsReader(new Fields(Map.of(), node.place()), at, new Problems(""), null);
  }

  private void report(
      SettingsNode at, String field, String expected, String found, @Nullable String hint) {
    problems.addAt(at.place().toString(), field, expected, found, hint);
  }

  /** The name in a section that was written as a text is that text: it has no path of its own. */
  private String path(String key) {
    if (label != null && key.equals(Settings.NAME)) {
      return path;
    }
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String written(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
