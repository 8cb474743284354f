package io.holdfast.experiment;

import io.holdfast.attack.Axis;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an experiment that are searched over, named as {@code --set} names them, with the
 * values to try. What a field takes is not declared here: the ends of a range and each choice are
 * read as the file itself would be, and refused by what refuses them there. A field that only some
 * choices of another one have, such as {@code train.objective.beta}, is left out with the others.
 *
 * @param fields those above others first, such as {@code train.objective} before its parameters
 */
record TuningSpace(List<Axis> fields) {
  private static final String FROM = "from";
  private static final String TO = "to";
  private static final String SCALE = "scale";
  private static final String LINEAR = "linear";
  private static final String LOG = "log";
  private static final String SOURCE = "search.over";
  private static final double HALF = 0.5;
  private static final int DRAWS = 50; // in vain before it is said that there are no more

  /** What may be searched over: how to train, not what the result is judged by. */
  private static final List<String> INSIDE = List.of("train.", "stages[", "model.architecture");

  private static final List<String> OUTSIDE =
      List.of("validation", "checkpoint", "early_stopping", "keep", "precision");
  private static final String NAME = ".name"; // goes with the other keys of its section
  private static final String ALLOWED =
      "a field of train, stages or model.architecture, but not of validation, checkpoint,"
          + " early_stopping, keep or precision";

  TuningSpace {
    fields = List.copyOf(fields);
  }

  /**
   * Reads the section and checks it against the experiment.
   *
   * @param whole settings of the experiment without its search
   */
  static TuningSpace read(SettingsReader over, Settings whole) {
    List<Axis> fields = new ArrayList<>();
    for (String path : over.keys()) {
      if (!allowed(path)) {
        boolean name = path.endsWith(NAME);
        over.reject(
            path,
            ALLOWED,
            path,
            name ? "search over " + path.substring(0, path.length() - NAME.length()) : null);
        over.allow(path);
      } else if (over.isSection(path)) {
        range(over, path, fields);
      } else {
        words(over, path, fields);
      }
    }
    fields.sort(Comparator.comparingInt(field -> field.key().length()));
    TuningSpace space = new TuningSpace(fields);
    List<Axis> known = new ArrayList<>();
    fields.forEach(field -> space.checked(field, over, whole).ifPresent(known::add));
    return new TuningSpace(known);
  }

  private static boolean allowed(String path) {
    boolean inside = INSIDE.stream().anyMatch(path::startsWith);
    return inside
        && Stream.of(path.split("[.\\[\\]]", -1)).noneMatch(OUTSIDE::contains)
        && !path.endsWith(NAME);
  }

  private static void words(SettingsReader over, String path, List<Axis> fields) {
    List<String> values = over.literals(path);
    if (values.isEmpty()) {
      over.reject(path, "a range {from, to} or a list of choices", "none", null);
    } else if (Set.copyOf(values).size() == 1) {
      over.reject(path, "at least two choices", values.get(0) + " alone", "set " + path + " to it");
    } else {
      fields.add(new Axis.Words(path, values));
    }
  }

  private static void range(SettingsReader over, String path, List<Axis> fields) {
    SettingsReader r = over.section(path);
    double from = r.number(FROM, -Double.MAX_VALUE, Double.MAX_VALUE);
    double to = r.number(TO, -Double.MAX_VALUE, Double.MAX_VALUE);
    boolean log = r.choice(SCALE, from > 0 ? LOG : LINEAR, List.of(LOG, LINEAR)).equals(LOG);
    if (from >= to) {
      r.reject(TO, "more than from, " + from, Double.toString(to), null);
    } else if (log && from <= 0) {
      r.reject(FROM, "above 0, to be drawn by its logarithm", Double.toString(from), null);
    } else {
      fields.add(new Axis.Numbers(path, from, to, log));
    }
  }

  /** A field whose values are all read; empty where some are not, which is told. */
  private Optional<Axis> checked(Axis field, SettingsReader over, Settings whole) {
    if (field instanceof Axis.Words words) {
      long read =
          words.values().stream().filter(v -> accepted(field.key(), v, over, whole)).count();
      if (read < words.values().size()) {
        return Optional.empty();
      }
      return Optional.of(field);
    }
    Axis.Numbers numbers = (Axis.Numbers) field;
    boolean integral = isWhole(numbers.low()) && isWhole(numbers.high());
    String low = text(numbers.low(), integral);
    String high = text(numbers.high(), integral);
    if (!accepted(field.key(), low, over, whole) || !accepted(field.key(), high, over, whole)) {
      return Optional.empty();
    }
    String between = Double.toString(numbers.low() + HALF);
    boolean wholeAlone = integral && problem(field.key(), between, whole).isPresent();
    if (!wholeAlone) {
      return Optional.of(field);
    }
    return Optional.of(
        new Axis.Whole(
            field.key(), (int) numbers.low(), (int) numbers.high(), false, numbers.size()));
  }

  private static boolean isWhole(double value) {
    return value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE;
  }

  private static String text(double value, boolean integral) {
    return integral ? Long.toString((long) value) : Double.toString(value);
  }

  private boolean accepted(String path, String value, SettingsReader over, Settings whole) {
    Optional<Problem> problem = problem(path, value, whole);
    problem.ifPresent(p -> over.reject(path, below(path, p) + p.expected(), p.found(), p.hint()));
    return problem.isEmpty();
  }

  /** Which setting within a choice it is, such as {@code beta: }. */
  private static String below(String path, Problem p) {
    return isBelow(p.field(), path) ? p.field().substring(path.length() + 1) + ": " : "";
  }

  /** What is wrong with a value by itself and with every choice of a field above it. */
  private Optional<Problem> problem(String path, String value, Settings whole) {
    Optional<Problem> first = problem(whole, path, value);
    if (first.isEmpty()) {
      return first;
    }
    for (Axis above : fields) {
      if (above instanceof Axis.Words words && isBelow(path, above.key())) {
        for (String choice : words.values()) {
          Settings chosen = changed(whole, above.key(), choice);
          if (problem(chosen, path, value).isEmpty()) {
            return Optional.empty();
          }
        }
      }
    }
    return first;
  }

  private static boolean isBelow(String path, String above) {
    return path.startsWith(above + ".") || path.startsWith(above + "[");
  }

  /** The first problem that a value brings. */
  private static Optional<Problem> problem(Settings whole, String path, String value) {
    List<Problem> before = problems(whole);
    try {
      return problems(changed(whole, path, value)).stream()
          .filter(p -> !before.contains(p))
          .findFirst();
    } catch (InvalidInputException e) {
      return Optional.of(e.problems().get(0));
    }
  }

  private static List<Problem> problems(Settings settings) {
    Problems problems = new Problems(SOURCE);
    Experiment.of(settings, SOURCE, List.of(), problems);
    return problems.list();
  }

  private static Settings changed(Settings whole, String path, String value) {
    return whole.withOverride(path, value, SOURCE);
  }

  /** The experiment's settings with those of a trial. */
  static Settings with(Settings whole, Map<String, String> values) {
    Settings changed = whole;
    for (Map.Entry<String, String> value : values.entrySet()) {
      changed = changed(changed, value.getKey(), value.getValue());
    }
    return changed;
  }

  /** Whether a field decides how many epochs there are. */
  @Nullable String epochs() {
    return fields.stream()
        .map(Axis::key)
        .filter(key -> key.endsWith("epochs"))
        .findFirst()
        .orElse(null);
  }

  /**
   * Values that go together, drawn field by field; empty where none are found.
   *
   * @param whole settings of the experiment without its search
   */
  Optional<Map<String, String>> draw(RandomGenerator random, Settings whole) {
    for (int i = 0; i < DRAWS; i++) {
      Map<String, String> values = new LinkedHashMap<>();
      for (Axis field : fields) {
        String drawn = field.draw(random);
        boolean below = fields.stream().anyMatch(other -> isBelow(field.key(), other.key()));
        if (!below || problem(with(whole, values), field.key(), drawn).isEmpty()) {
          values.put(field.key(), drawn);
        }
      }
      if (problems(with(whole, values)).isEmpty()) {
        return Optional.of(values);
      }
    }
    return Optional.empty();
  }

  /** What the experiment itself has for the fields, as far as it says. */
  Map<String, String> given(Settings whole) {
    Map<String, String> given = new LinkedHashMap<>();
    fields.forEach(
        field -> {
          Object value = at(whole.toMap(), field.key().split("\\.", -1));
          if (value != null) {
            given.put(field.key(), value instanceof String text ? text : Json.compact(value));
          }
        });
    return given;
  }

  private static @Nullable Object at(Object settings, String[] path) {
    Object value = settings;
    for (String key : path) {
      value = value instanceof Map<?, ?> map ? Objects.requireNonNullElse(map.get(key), "") : "";
    }
    return "".equals(value) ? null : value;
  }
}
