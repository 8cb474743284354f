package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problem;
import io.holdfast.common.Settings;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.ExperimentSchema;
import io.holdfast.model.arch.Architectures;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema knows what the reader knows, and the page says what the schema says. */
final class SchemaTest {
  private static final JsonNode SCHEMA = Json.parse(ExperimentSchema.json(), "schema");
  private static final String UNKNOWN = "zzqqzzqq";
  private static final Settings BASE =
      Settings.of(
          Map.of(
              "data", Map.of("train", "a", "test", "b"),
              "model", Map.of("architecture", "mlp"),
              "threat", Map.of("perturbation", "linf", "epsilon", 0.1)));

  /** Sections of the file, with the values that each may be opened by. */
  static Stream<Arguments> sections() {
    List<String> none = List.of("");
    return Stream.of(
        Arguments.of("", none),
        Arguments.of("data", none),
        Arguments.of("data.train", List.of("{path: x}")),
        Arguments.of("data.test", List.of("{path: x}")),
        Arguments.of("data.validation", List.of("{path: x}")),
        Arguments.of("data.extra", List.of("{path: x}")),
        Arguments.of("model", none),
        Arguments.of("model.architecture", named(Architectures.names())),
        Arguments.of(
            "threat",
            Stream.of(
                    "linf",
                    "l2",
                    "l1",
                    "l0",
                    "pixels",
                    "patch",
                    "frame",
                    "union",
                    "rotation-translation",
                    "flow",
                    "recolour",
                    "wasserstein",
                    "corruption",
                    "code-changes",
                    "product")
                .map(kind -> "{perturbation: " + kind + "}")
                .toList()),
        Arguments.of("train", none),
        Arguments.of("stages", named(List.of("first"))),
        Arguments.of(
            "train.attack",
            named(
                List.of(
                    "pgd",
                    "fgsm",
                    "r-fgsm",
                    "n-fgsm",
                    "zero-grad",
                    "multi-grad",
                    "free",
                    "friendly"))),
        Arguments.of("train.catastrophic_overfitting", named(List.of("watch"))),
        Arguments.of("train.samples", List.of("{ledger: x}")),
        Arguments.of("train.layers", List.of("{trained: 2}")),
        Arguments.of("train.lora", List.of("{rank: 2}")),
        Arguments.of("train.weight_perturbation", named(List.of("awp", "sam", "asam"))),
        Arguments.of("train.pairs", named(List.of("mixup", "cutmix"))),
        Arguments.of("train.swa", List.of("{from: 0.5}")),
        Arguments.of("train.generalist", List.of("{share: 0.5}")),
        Arguments.of("train.mix", none),
        Arguments.of("train.mix.clean", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("train.curriculum", none),
        Arguments.of("train.curriculum.epsilon", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("train.curriculum.steps", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("train.curriculum.side", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("train.curriculum.advance", List.of("{reach: 0.5}")),
        Arguments.of("train.optimiser", named(List.of("sgd", "adamw", "muon"))),
        Arguments.of(
            "train.optimiser.schedule",
            named(List.of("constant", "cyclic", "cosine", "piecewise"))),
        Arguments.of("train.early_stopping", none),
        Arguments.of("train.validation", none),
        Arguments.of("train.checkpoint", none),
        Arguments.of(
            "train.augment",
            named(List.of("pad-crop", "flip", "cutout", "colour-jitter", "augmix", "corruption"))),
        Arguments.of("train.library", none),
        Arguments.of("train.library.ratio", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("train.library.difficulty", none),
        Arguments.of("train.library.difficulty.least", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("train.library.difficulty.most", List.of("{from: 0}", "{stages: []}")),
        Arguments.of("search", none),
        Arguments.of("track", none),
        Arguments.of("evaluate", none),
        Arguments.of("governor", none));
  }

  static Stream<String> attacks() {
    return Attacks.describe().stream().map(AttackSpec::name);
  }

  /** Each attack has a section of its own in the schema. */
  @ParameterizedTest
  @MethodSource("attacks")
  void schemaAndReaderKnowTheSameSettingsOfAnAttack(String name) {
    String key = "evaluate.attacks." + UNKNOWN;
    Settings settings = BASE.withOverride("evaluate.attacks", "{name: " + name + "}");
    Set<String> inSchema = new TreeSet<>();
    for (JsonNode choice : node("evaluate.attacks").at("/anyOf/0/anyOf")) {
      if (choice.at("/properties/name/enum/0").asText().equals(name)) {
        choice.path("properties").fieldNames().forEachRemaining(inSchema::add);
      }
    }
    assertThat(knownKeys(settings.withOverride(key, "1"), key)).isEqualTo(inSchema);
  }

  static List<String> objectives() {
    return Objectives.names();
  }

  /** So has each objective. */
  @ParameterizedTest
  @MethodSource("objectives")
  void schemaAndReaderKnowTheSameSettingsOfAnObjective(String name) {
    String key = "train.objective." + UNKNOWN;
    Settings settings = BASE.withOverride("train.objective", "{name: " + name + "}");
    Set<String> inSchema = new TreeSet<>();
    for (JsonNode choice : node("train.objective").path("anyOf")) {
      if (choice.at("/properties/name/enum/0").asText().equals(name)) {
        choice.path("properties").fieldNames().forEachRemaining(inSchema::add);
      }
    }
    assertThat(knownKeys(settings.withOverride(key, "1"), key)).isEqualTo(inSchema);
  }

  private static List<String> named(List<String> names) {
    return names.stream().map(name -> "{name: " + name + "}").toList();
  }

  @ParameterizedTest
  @MethodSource("sections")
  void schemaAndReaderKnowTheSameKeys(String path, List<String> variants) {
    Set<String> known = new TreeSet<>();
    for (String variant : variants) {
      Settings settings = variant.isEmpty() ? BASE : BASE.withOverride(path, variant);
      String key = path.isEmpty() ? UNKNOWN : path + "." + UNKNOWN;
      known.addAll(knownKeys(settings.withOverride(key, "1"), key));
    }
    Set<String> inSchema = new TreeSet<>();
    properties(node(path)).fieldNames().forEachRemaining(inSchema::add);
    assertThat(known).isEqualTo(inSchema);
  }

  /** What the schema's range leaves out is refused, and its ends are not. */
  @ParameterizedTest
  @MethodSource("sections")
  void schemaAndReaderKnowTheSameRanges(String path, List<String> variants) {
    properties(node(path))
        .properties()
        .forEach(
            e -> {
              String key = path.isEmpty() ? e.getKey() : path + "." + e.getKey();
              JsonNode value = e.getValue();
              for (String bound : List.of("minimum", "maximum", "exclusiveMinimum")) {
                if (value.has(bound)) {
                  double end = value.path(bound).asDouble();
                  double beyond = bound.equals("maximum") ? 2 * end + 1 : end - 1;
                  boolean open = bound.equals("exclusiveMinimum");
                  assertThat(taken(path, variants, key, open ? end : beyond))
                      .as(key + " beyond its " + bound)
                      .isFalse();
                  assertThat(open || taken(path, variants, key, end))
                      .as(key + " at its " + bound)
                      .isTrue();
                }
              }
            });
  }

  /**
   * Whether a reader that knows the key has nothing against this number, in one of the variants.
   */
  private static boolean taken(String path, List<String> variants, String key, double number) {
    String text = number == Math.rint(number) ? Long.toString((long) number) : "" + number;
    boolean known = false;
    for (String variant : variants) {
      Settings settings = variant.isEmpty() ? BASE : BASE.withOverride(path, variant);
      List<Problem> about = about(settings.withOverride(key, text), key);
      boolean here = about.stream().noneMatch(p -> p.expected().equals("a known key"));
      known |= here;
      if (here && about.stream().noneMatch(SchemaTest::isRange)) {
        return true;
      }
    }
    assertThat(known).as(key).isTrue();
    return false;
  }

  private static List<Problem> about(Settings settings, String key) {
    try {
      Experiment.of(settings, "test", List.of());
      return List.of();
    } catch (InvalidInputException e) {
      return e.problems().stream()
          .filter(p -> p.field().replaceFirst("\\[0]", "").equals(key))
          .toList();
    }
  }

  private static boolean isRange(Problem p) {
    return p.expected().matches("an? (number|integer)\\b.*");
  }

  /** A range as the page has it. */
  private static String range(JsonNode value) {
    String least = value.path("minimum").asText();
    String most = value.path("maximum").asText();
    if (value.has("exclusiveMinimum")) {
      String above = "above " + value.path("exclusiveMinimum").asText();
      return most.isEmpty() ? above : above + ", at most " + most;
    }
    if (least.isEmpty()) {
      return most.isEmpty() ? "" : "at most " + most;
    }
    return most.isEmpty() ? "at least " + least : least + " to " + most;
  }

  /** The reader names the known keys where no other is near the unknown one. */
  private static Set<String> knownKeys(Settings settings, String key) {
    try {
      Experiment.of(settings, "test", List.of());
    } catch (InvalidInputException e) {
      Set<String> known = new TreeSet<>(settings.toMap().keySet());
      known.clear();
      for (Problem p : e.problems()) {
        String hint = String.valueOf(p.hint());
        if (p.field().replaceFirst("\\[0]", "").equals(key) && hint.startsWith("known here: ")) {
          known.addAll(List.of(hint.substring("known here: ".length()).split(", ")));
          return known;
        }
      }
      throw new AssertionError("no word on " + key + " in " + e.getMessage(), e);
    }
    throw new AssertionError(key + " was not refused");
  }

  private static JsonNode node(String path) {
    JsonNode node = SCHEMA;
    for (String key : path.isEmpty() ? new String[0] : path.split("\\.")) {
      node = properties(node).path(key);
      assertThat(node.isMissingNode()).as(path).isFalse();
    }
    return node;
  }

  /** Of the section that a value may be. */
  private static JsonNode properties(JsonNode node) {
    if (node.has("properties")) {
      return node.path("properties");
    }
    for (JsonNode choice : node.path("anyOf")) {
      JsonNode found = properties(choice);
      if (!found.isMissingNode()) {
        return found;
      }
    }
    return node.has("items") ? properties(node.path("items")) : node.path("properties");
  }

  static List<Path> examples() throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(Path.of("..", "examples"))) {
      all.filter(file -> file.toString().endsWith(".yaml")).sorted().forEach(files::add);
    }
    assertThat(files).hasSizeGreaterThanOrEqualTo(4);
    return files;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void theExamplesAreReadAndFitTheSchema(Path file) {
    Experiment experiment = Experiment.read(file, List.of());
    assertThat(experiment.name()).isEqualTo(file.getFileName().toString().replace(".yaml", ""));
    JsonNode values = Json.tree(Settings.parse(file).toMap());
    assertThat(SchemaCheck.problems(SCHEMA, values)).isEmpty();
  }

  @Test
  void theSchemaRefuses() {
    Map<String, Object> bad = BASE.withOverride("train.epochs", "many").toMap();
    assertThat(SchemaCheck.problems(SCHEMA, Json.tree(bad))).isNotEmpty();
    Map<String, Object> unknown = BASE.withOverride("train.epocs", "1").toMap();
    assertThat(SchemaCheck.problems(SCHEMA, Json.tree(unknown))).isNotEmpty();
    assertThat(SchemaCheck.problems(SCHEMA, Json.tree(Map.of("name", "x")))).isNotEmpty();
    assertThat(SchemaCheck.problems(SCHEMA, Json.tree(BASE.toMap()))).isEmpty();
  }

  @Test
  void thePageNamesEveryKeyRangeAndDefault() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "experiment.md"));
    List<String> missing = new ArrayList<>();
    collectMissing(SCHEMA, "", page, missing);
    JsonNode own = node("data.extra").deepCopy();
    ((ObjectNode) properties(own)).remove(keys(node("data.train")));
    assertThat(keys(own)).contains("share", "teacher");
    collectMissing(own, "data.extra", page, missing);
    assertThat(missing).isEmpty();
  }

  private static List<String> keys(JsonNode section) {
    List<String> keys = new ArrayList<>();
    properties(section).fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  private static void collectMissing(
      JsonNode node, String path, String page, List<String> missing) {
    properties(node)
        .properties()
        .forEach(
            e -> {
              JsonNode value = e.getValue();
              String key = path.isEmpty() ? e.getKey() : path + "." + e.getKey();
              String row =
                  page.lines()
                      .filter(l -> l.startsWith("| `" + key + "` |"))
                      .findFirst()
                      .orElse("");
              JsonNode standard =
                  value.has("x-default") ? value.path("x-default") : value.path("default");
              String text = standard.isTextual() ? standard.asText() : standard.toString();
              if (!row.endsWith(" | " + value.path("description").asText() + " |")
                  || !row.replace(" ", "").contains(text.replace(" ", ""))
                  || !row.contains(range(value))) {
                missing.add(key + ": " + text + ": " + value.path("description").asText());
              }
              boolean elsewhere =
                  key.equals("data.test")
                      || key.equals("data.validation") // as data.train
                      || key.equals("data.extra") // its own keys below
                      || key.equals("stages") // but for its own keys as train
                      || key.equals("train.objective") // docs/objectives.md
                      || key.equals("evaluate.attacks"); // docs/attacks.md
              if (!elsewhere) {
                collectMissing(value, key, page, missing);
              }
            });
  }
}
