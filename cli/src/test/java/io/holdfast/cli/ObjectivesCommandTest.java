package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Settings;
import io.holdfast.common.Stopper;
import io.holdfast.experiment.RecipeBook;
import io.holdfast.experiment.RecipeRow;
import io.holdfast.experiment.RecipeRun;
import io.holdfast.record.Difference;
import io.holdfast.record.Rate;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectivesCommandTest {
  private static final Path PAGE = Path.of("..", "docs", "objectives.md");

  @Test
  void thePageIsAsTheRegistryHasIt() throws IOException {
    String page = Files.readString(PAGE);
    assertThat(GeneratedPage.renew(page, PAGE.toString(), ObjectivePage.generated()))
        .as("docs/objectives.md; renew it: ./holdfast objectives --page docs/objectives.md")
        .isEqualTo(page);
  }

  /** Whoever changes the recipes measures anew. */
  @ParameterizedTest
  @CsvSource({"objectives,objectives", "multi-norm,recipes", "adapt,recipes"})
  void theMeasuredTableIsOfTheRecipesAsTheyAre(String name, String page, @TempDir Path folder)
      throws IOException {
    RecipeBook book = RecipeBook.read(Path.of("../examples/recipes/" + name + ".yaml"), folder);
    String table = Files.readString(Path.of("../docs/" + page + ".md"));
    table = table.substring(table.indexOf("<!-- generated: measured " + name + " -->"));
    table = table.substring(0, table.indexOf("<!-- end -->"));
    assertThat(table).contains("SHA-256 `" + book.hash() + "`");
    int within = book.judge().threats().size();
    String share = " [0-9.]+% \\|";
    String difference = "( - | [+-][0-9.]+ \\([+-][0-9.]+ to [+-][0-9.]+\\) )\\|";
    int best = 0;
    for (RecipeBook.Recipe recipe : book.recipes()) {
      Pattern row =
          Pattern.compile(
              "\\| `%s` \\| %s \\|".formatted(recipe.name(), recipe.family())
                  + share.repeat(within > 1 ? 2 + within : 2)
                  + (book.best() > 0 ? "( - \\||" + share + ")" : "()")
                  + " [0-9.]+ \\|"
                  + difference.repeat(book.against().size())
                  + "\n");
      Matcher found = row.matcher(table);
      assertThat(found.find()).as(recipe.name()).isTrue();
      best += found.group(1).contains("%") ? 1 : 0;
    }
    assertThat(best).isEqualTo(book.best());
  }

  /** Of what each sample came to, which is on record, all figures of a table are computed anew. */
  @ParameterizedTest
  @ValueSource(strings = {"multi-norm", "adapt"})
  void theMeasuredTableFollowsFromTheRecords(String name, @TempDir Path folder) throws IOException {
    RecipeBook book = RecipeBook.read(Path.of("../examples/recipes/" + name + ".yaml"), folder);
    List<RecipeRow> rows = records(book);
    String page = Files.readString(Path.of("../docs/recipes.md"));
    String part = "measured " + name;
    assertThat(GeneratedPage.renew(page, name, Map.of(part, RecipeTable.page(book, rows))))
        .isEqualTo(page);
  }

  private static List<RecipeRow> records(RecipeBook book) {
    Path file = Path.of("../docs/records/" + book.name() + ".json");
    List<RecipeRow> rows = List.of(Json.read(file, RecipeRow[].class));
    assertThat(rows.stream().map(RecipeRow::recipe))
        .containsExactlyElementsOf(book.recipes().stream().map(RecipeBook.Recipe::name).toList());
    for (RecipeRow row : rows) {
      long held = row.held().chars().filter(c -> c == '1').count();
      assertThat(row.robust()).as(row.recipe()).isEqualTo(Rate.of(held, row.held().length()));
      assertThat(row.held()).hasSize(book.judge().examples());
    }
    return RecipeRow.compared(rows, book.clock(), book.against());
  }

  /** The mark of the comparison: three points, and an interval above 0. */
  @Test
  void aUnionIsAheadOfEachNormAlone(@TempDir Path folder) {
    RecipeBook book = RecipeBook.read(Path.of("../examples/recipes/multi-norm.yaml"), folder);
    List<RecipeRow> unions =
        records(book).stream().filter(row -> row.family().equals("union")).toList();
    assertThat(unions).hasSize(3);
    for (RecipeRow row : unions) {
      assertThat(row.ahead()).containsOnlyKeys("linf", "l2", "l1");
      for (Difference ahead : row.ahead().values()) {
        assertThat(ahead.value()).as(row.recipe()).isGreaterThanOrEqualTo(0.03);
        assertThat(ahead.ci95().get(0)).as(row.recipe()).isPositive();
      }
    }
  }

  @Test
  void jsonListsNamesSettingsAndPasses() {
    Ran ran = Ran.command("objectives", "--json");
    assertThat(ran.exit()).isZero();
    JsonNode all = Json.parse(ran.out(), "objectives");
    assertThat(all.fieldNames()).toIterable().containsExactlyElementsOf(Objectives.names());
    assertThat(all.at("/trades/parameters/beta/default").isNumber()).isTrue();
    assertThat(all.at("/trades/parameters/beta/default").asDouble()).isEqualTo(6);
    assertThat(all.at("/trades/parameters/beta/required").asBoolean()).isFalse();
    assertThat(all.at("/trades/parameters/beta/meaning").asText()).isNotEmpty();
    assertThat(all.at("/trades/passes/forward").asText()).isEqualTo("k + 3");
    assertThat(all.at("/trades/passes/backward").asText()).isEqualTo("k + 2");
    assertThat(all.at("/trades/passes/forward_per_step").asDouble()).isEqualTo(1);
    assertThat(all.at("/trades/passes/forward_besides").asDouble()).isEqualTo(3);
    assertThat(all.at("/trades/passes/backward_per_step").asDouble()).isEqualTo(1);
    assertThat(all.at("/trades/passes/backward_besides").asDouble()).isEqualTo(2);
    assertThat(all.at("/standard/passes/forward").asText()).isEqualTo("1");
    assertThat(all.at("/standard/adversarial").asBoolean()).isFalse();
    assertThat(all.at("/rslad/passes/guide").asDouble()).isEqualTo(1);
    assertThat(all.at("/rslad/passes/linear").asDouble()).isZero();
    assertThat(all.at("/crown-ibp/passes/linear").asDouble()).isEqualTo(1);
    assertThat(all.at("/hat/parameters/helper/required").asBoolean()).isTrue();
    assertThat(all.at("/hat/parameters/helper/default").isNull()).isTrue();
    assertThat(all.at("/feature-pairing/parameters/layer/default").isNull()).isTrue();
    assertThat(all.at("/feature-pairing/parameters/layer/usual").asText())
        .isEqualTo("the last one before the logits");
  }

  /** What is listed as a default may be given. */
  @Test
  void everyDefaultIsReadAsItself() {
    JsonNode all = Json.parse(Ran.command("objectives", "--json").out(), "objectives");
    for (ObjectiveSpec<?> spec : Objectives.describe()) {
      Map<String, Object> section = new LinkedHashMap<>(Map.of("name", spec.name()));
      all.path(spec.name())
          .path("parameters")
          .properties()
          .forEach(
              e -> {
                JsonNode value = e.getValue().path("default");
                boolean required = e.getValue().path("required").asBoolean();
                boolean elsewhere = // the default of another base
                    spec.name().equals("mail") && e.getKey().equals("beta");
                if ((required || !value.isNull()) && !elsewhere) {
                  section.put(e.getKey(), required ? "teacher.holdfast" : plain(value));
                }
              });
      Problems problems = new Problems("");
      Settings train = Settings.of(Map.of("objective", section));
      Objective read = Objectives.read(train.reader(problems), "objective", "pgd-at");
      assertThat(problems.list()).as(spec.name()).isEmpty();
      if (spec.usual().guides().isEmpty()) {
        assertThat(read).isEqualTo(spec.usual());
      }
    }
  }

  private static Object plain(JsonNode value) {
    return value.isNumber()
        ? value.decimalValue()
        : value.isBoolean() ? value.booleanValue() : value.asText();
  }

  @Test
  void theListNamesEachWithItsCost() {
    Ran ran = Ran.command("objectives");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("mart: ").contains("k + 2 forward, k + 2 backward");
  }

  private static Path recipes(Path folder) throws IOException {
    Ran.experiment(folder); // for its images
    Path file = folder.resolve("recipes.yaml");
    Files.writeString(
        file,
        """
        experiment:
          data: {train: "%1$s/train.safetensors", test: "%1$s/test.safetensors", validation: 0}
          model: {architecture: "mlp[hidden=16]"}
          threat: "linf:0.05"
          train: {epochs: 1, batch: 64, attack: {name: pgd, steps: 1}, optimiser: {name: adamw, learning_rate: 0.01}}
          evaluate: {attacks: [fgsm], examples: 1, curve: 0}
        families:
          guided: {objectives: [rslad]}
          plain: {objectives: [standard, pgd-at]}
          far: {objective: pgd-at, set: {threat: "l2:1", train.epochs: 2}}
        guides: {teacher: pgd-at}
        judge: {threats: ["linf:0.05", "l2:0.5"], attacks: [fgsm], examples: 16}
        final: {best: 2, attacks: ["pgd[steps=2]"], examples: 32}
        clock: pgd-at
        against: [standard]
        """
            .formatted(folder));
    return file;
  }

  @Test
  void recipesAreTrainedJudgedAndComparedAndNothingIsDoneTwice(@TempDir Path folder)
      throws IOException {
    Path page = folder.resolve("page.md");
    Files.writeString(page, "before\n<!-- generated: measured recipes -->\n<!-- end -->\nafter\n");
    Path out = folder.resolve("out");
    Object[] command = {
      "objectives", "--measure", recipes(folder), "--out", out, "--json", "--resume", "--page", page
    };
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode rows = Json.parse(ran.out(), "rows");
    assertThat(rows.findValuesAsText("recipe"))
        .containsExactly("standard", "pgd-at", "rslad", "far");
    JsonNode far = rows.get(3);
    assertThat(far.at("/threats").fieldNames()).toIterable().hasSize(2);
    assertThat(far.at("/robust/n").asInt()).isEqualTo(16);
    assertThat(far.path("held").asText()).hasSize(16);
    assertThat(far.at("/ahead/standard/paired").asBoolean()).isTrue();
    assertThat(rows.get(0).path("ahead")).isEmpty();
    assertThat(rows.get(1).path("time").asDouble()).isEqualTo(1);
    assertThat(rows.findValues("last").stream().filter(last -> !last.isNull())).hasSize(2);
    assertThat(Files.readString(page))
        .contains(
            "| objective | family | clean | linf:0.05 | l2:0.5 | all | `pgd[steps=2]` | time |")
        .contains("| `rslad` | guided |", "less `standard`", "paired image by image")
        .endsWith("after\n");
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("<svg", "<title>rslad</title>", "standard by ", "judged again", "l2:0.5")
        .contains("within all of them; the headline", "first one alone, linf:0.05.");

    JsonNode card = Json.read(out.resolve("pgd-at/judged/linf-0.05/scorecard.json"));
    assertThat(card.at("/attacks/fgsm/seen_in_training").asBoolean()).isTrue();
    Map<String, String> before = Ran.contents(out);
    Files.delete(out.resolve("rslad/model.holdfast"));
    Files.delete(out.resolve(RecipeRun.RESULT));
    assertThat(Ran.command(command).exit()).isZero();
    Map<String, String> after = Ran.contents(out);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    assertThat(after.get("pgd-at/metrics.jsonl")).isEqualTo(before.get("pgd-at/metrics.jsonl"));
  }

  /** Killed in its first recipe, where all had been trained and judged with other settings. */
  @Test
  void aFreshComparisonOverAnOlderOneCanBeResumed(@TempDir Path folder) throws IOException {
    Path file = recipes(folder);
    Path out = folder.resolve("out");
    Object[] command = {"objectives", "--measure", file, "--out", out, "--json"};
    assertThat(Ran.command(command).exit()).isZero();
    Files.writeString(
        file, Files.readString(file).replace("learning_rate: 0.01", "learning_rate: 0.02"));
    Stopper stopper = Stopper.manual();
    Progress soon =
        (title, total, unit) ->
            n -> {
              if (title.contains("training")) {
                stopper.request();
              }
            };
    RecipeRun killed =
        new RecipeRun(RecipeBook.read(file, out), LocalDate.EPOCH, out, false, 1, soon, stopper);
    assertThatThrownBy(killed::run).isInstanceOf(RunInterruptedException.class);
    assertThat(out.resolve(RecipeRun.RESULT)).doesNotExist();
    Ran ran = Ran.command("objectives", "--measure", file, "--out", out, "--json", "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    Path fresh = folder.resolve("fresh");
    Ran anew = Ran.command("objectives", "--measure", file, "--out", fresh, "--json");
    assertThat(Json.parse(ran.out(), "resumed").findValuesAsText("held"))
        .isEqualTo(Json.parse(anew.out(), "fresh").findValuesAsText("held"));
  }

  @Test
  void whoNeedsTheModelOfARecipeThatFailedFailsToo(@TempDir Path folder) throws IOException {
    Path file = recipes(folder);
    String text = Files.readString(file);
    Files.writeString(
        file,
        text.replace("learning_rate: 0.01}", "learning_rate: 1.0e30}")
            .replace("  far:", "  next: {objective: pgd-at, start: pgd-at}\n  far:"));
    Path out = folder.resolve("out");
    Ran ran = Ran.command("objectives", "--measure", file, "--out", out, "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode rows = Json.parse(ran.out(), "rows");
    for (JsonNode row : rows) {
      String name = row.path("recipe").asText();
      boolean needs = name.equals("next") || name.equals("rslad");
      assertThat(row.path("failed").asText())
          .as(name)
          .contains(needs ? "needs pgd-at, which has no model" : "diverged");
    }
    assertThat(rows).hasSize(5);
  }

  /** Every recipe of a book of the examples, on a few images for two epochs. */
  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"objectives", "multi-norm", "curricula", "adapt"})
  void theBooksOfTheExamplesRun(String book, @TempDir Path folder) throws IOException {
    Ran.experiment(folder); // for its images
    String whole = Files.readString(Path.of("..").resolve("examples/recipes/" + book + ".yaml"));
    String small =
        whole
            .replace("embedded:fashion-mnist", "FOLDER")
            .replace("FOLDER/train", "FOLDER/train.safetensors")
            .replace("FOLDER/test", "FOLDER/test.safetensors")
            .replaceAll("epochs: [0-9]+", "epochs: 2") // what looks back needs a second
            .replaceAll("attacks: \\[(holdfast|autoattack)]", "attacks: [fgsm]")
            .replaceAll("examples: [0-9]+}", "examples: 8}")
            .replaceAll("best: [0-9]+", "best: 1")
            .replaceAll("learning_rate: 0.05", "learning_rate: 0.01"); // so few steps are rough
    assertThat(small).doesNotContain("embedded:", "[holdfast]", "[autoattack]", "1000", "0.05,");
    Path file = folder.resolve("book.yaml");
    Files.writeString(
        file, small.replace("FOLDER", folder.toString())); // whose name has any digits
    Ran ran =
        Ran.command("objectives", "--measure", file, "--out", folder.resolve("out"), "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode rows = Json.parse(ran.out(), "rows");
    List<RecipeBook.Recipe> recipes = RecipeBook.read(file, folder.resolve("out")).recipes();
    assertThat(rows.findValuesAsText("recipe"))
        .containsExactlyInAnyOrderElementsOf(recipes.stream().map(r -> r.name()).toList());
    for (JsonNode row : rows) {
      assertThat(row.at("/robust/n").asInt()).as(row.toString()).isEqualTo(8);
    }
  }

  @Test
  void aDryRunShowsThePlanAndMistakesAreRefused(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("out");
    Object[] plan = {"objectives", "--measure", recipes(folder), "--out", out, "--dry-run"};
    Ran ran = Ran.command(plan);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("rslad").contains("far").contains("l2:1");
    assertThat(out).doesNotExist();
    Ran json =
        Ran.command(
            "objectives", "--measure", recipes(folder), "--out", out, "--dry-run", "--json");
    assertThat(Json.parse(json.out(), "the plan").findValuesAsText("recipe"))
        .containsExactly("standard", "pgd-at", "rslad", "far");
    Path wrong = folder.resolve("wrong.yaml");
    Files.writeString(
        wrong, Files.readString(recipes(folder)).replace("train.epochs: 2", "train.epocs: 2"));
    Ran misspelt = Ran.command("objectives", "--measure", wrong, "--out", out, "--dry-run");
    assertThat(misspelt.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(misspelt.err()).contains("recipe far: set:", "train.epocs", "did you mean epochs?");
    Path page = Files.writeString(folder.resolve("page.md"), "no place for it\n");
    Ran nowhere =
        Ran.command("objectives", "--measure", recipes(folder), "--out", out, "--page", page);
    assertThat(nowhere.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(nowhere.err()).contains("<!-- generated: measured recipes -->");
    assertThat(out).doesNotExist();
    Files.writeString(Files.createDirectories(out).resolve("report.html"), "mine");
    Ran theirs = Ran.command(plan);
    assertThat(theirs.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(theirs.err()).contains(out.toString(), "other results");
    Ran alone = Ran.command("objectives", "--measure", recipes(folder));
    assertThat(alone.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(alone.err()).contains("--out");
  }
}
