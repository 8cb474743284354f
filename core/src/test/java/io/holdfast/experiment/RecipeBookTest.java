package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.record.Difference;
import io.holdfast.record.Rate;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecipeBookTest {
  private static final Path EXAMPLES = Path.of("..", "examples", "recipes");
  private static final String SHARED =
      """
      experiment:
        data: {train: a, test: b}
        model: {architecture: mlp}
        threat: "linf:0.1"
        train: {epochs: 2}
      """;

  private static RecipeBook read(Path folder, String text) throws IOException {
    Path file = folder.resolve("recipes.yaml");
    Files.writeString(file, text);
    return RecipeBook.read(file, folder.resolve("out"));
  }

  @Test
  void whatIsComparedPointByPointIsJudgedOnTheSameSamples(@TempDir Path folder) throws IOException {
    String other =
        "\nfamilies: {a: {objective: standard}, b: {objective: vat, set: {data.test: c}}}";
    assertThat(read(folder, SHARED + other).recipes()).hasSize(2);
    assertThatThrownBy(() -> read(folder, SHARED + other + "\nagainst: [a]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("against: expected the same data.test for all recipes");
  }

  @Test
  void everyObjectiveHasARecipe() {
    RecipeBook book = RecipeBook.read(EXAMPLES.resolve("objectives.yaml"), Path.of("out"));
    Map<Boolean, List<RecipeBook.Recipe>> named =
        book.recipes().stream()
            .collect(Collectors.partitioningBy(r -> Objectives.names().contains(r.name())));
    assertThat(named.get(true))
        .extracting(RecipeBook.Recipe::name)
        .containsExactlyInAnyOrderElementsOf(Objectives.names());
    assertThat(named.get(true))
        .allMatch(r -> r.name().equals(r.experiment().training().objective().name()));
    assertThat(named.get(false))
        .as("two experts are a way to train with any objective")
        .extracting(RecipeBook.Recipe::name)
        .containsExactly("generalist");
    assertThat(named.get(false))
        .allMatch(r -> r.experiment().training().methods().generalist() != null);
    assertThat(book.best()).isEqualTo(6);
    assertThat(book.last().examples()).isEqualTo(1000);
    assertThat(book.judge().examples()).isEqualTo(200);
  }

  @Test
  void theThreeNormsAreComparedByThemselvesAndTogether() {
    RecipeBook book = RecipeBook.read(EXAMPLES.resolve("multi-norm.yaml"), Path.of("out"));
    assertThat(book.recipes())
        .extracting(RecipeBook.Recipe::name)
        .containsExactly("linf", "l2", "l1", "worst", "union-average", "msd", "union-sampling");
    assertThat(book.recipes().get(1).experiment().threat().name()).isEqualTo("l2:1.5");
    assertThat(book.recipes().get(3).experiment().threat().members()).hasSize(3);
    assertThat(book.judge().threats()).hasSize(3);
  }

  @Test
  void everyCurriculumDiffersFromThePlainRecipe() {
    RecipeBook book = RecipeBook.read(EXAMPLES.resolve("curricula.yaml"), Path.of("out"));
    RecipeBook.Recipe plain = book.recipes().get(0);
    assertThat(plain.name()).isEqualTo("plain");
    assertThat(book.recipes().subList(1, book.recipes().size()))
        .hasSizeGreaterThan(20)
        .allMatch(r -> !r.experiment().resolved().equals(plain.experiment().resolved()));
    assertThat(book.clock()).isEqualTo("plain");
  }

  @Test
  void aFamilysSettingsAndItsTeachersReachItsRecipes(@TempDir Path folder) throws IOException {
    RecipeBook book =
        read(
            folder,
            SHARED
                + """
                families:
                  guided: {objectives: [rslad], set: {train.epochs: 5}}
                  plain: {objectives: [{name: trades, beta: 3}]}
                  alone: {objective: pgd-at, set: {train.curriculum.epsilon: {from: 0.01, to: 0.1}}}
                guides: {teacher: alone}
                """);
    assertThat(book.recipes())
        .as("who learns from another comes after it")
        .extracting(RecipeBook.Recipe::name)
        .containsExactly("trades", "alone", "rslad");
    Experiment student = book.recipes().get(2).experiment();
    assertThat(student.training().epochs()).isEqualTo(5);
    assertThat(student.training().objective().guides())
        .allMatch(g -> g.path().equals(folder.resolve("out/alone/model.holdfast").toString()));
    assertThat(book.recipes().get(0).experiment().training().epochs()).isEqualTo(2);
    assertThat(book.clock()).as("the first one written").isEqualTo("rslad");
    assertThat(book.judge().threats()).extracting(t -> t.name()).containsExactly("linf:0.1");
  }

  @Test
  void aRecipeStartsFromTheModelOfAnother(@TempDir Path folder) throws IOException {
    RecipeBook book =
        read(
            folder,
            SHARED
                + """
                families:
                  last: {objective: pgd-at, start: adapted}
                  adapted: {objective: pgd-at, start: standard, set: {train.lora: {rank: 2}}}
                  clean: {objectives: [standard]}
                """);
    assertThat(book.recipes())
        .extracting(RecipeBook.Recipe::name)
        .containsExactly("standard", "adapted", "last");
    assertThat(book.recipes().get(1).experiment().resolved().toMap().toString())
        .contains("start=" + folder.resolve("out/standard/model.holdfast"));
    assertThatThrownBy(
            () ->
                read(
                    folder,
                    SHARED
                        + """
                        families:
                          one: {objective: pgd-at, start: two}
                          two: {objective: trades, start: one}
                          three: {objective: mart, start: one}
                          four: {objective: hinge}
                        """))
        .hasMessageContaining("need each other's models")
        .hasMessageContaining("[one, two]");
    assertThatThrownBy(
            () -> read(folder, SHARED + "families: {one: {objective: pgd-at, start: twoo}}\n"))
        .hasMessageContaining("families.one.start")
        .hasMessageContaining("twoo");
  }

  @Test
  void layersAndLowRanksAreComparedWithTheWholeNetwork() {
    RecipeBook book = RecipeBook.read(EXAMPLES.resolve("adapt.yaml"), Path.of("out"));
    assertThat(book.recipes())
        .filteredOn(r -> r.needs().equals(Set.of("standard")))
        .hasSizeGreaterThan(3)
        .anyMatch(r -> r.experiment().training().methods().lowRank() != null)
        .anyMatch(r -> r.experiment().resolved().toMap().toString().contains("layers="));
  }

  @Test
  void mistakesAreToldTogether(@TempDir Path folder) {
    assertThatThrownBy(
            () ->
                read(
                    folder,
                    SHARED
                        + """
                        families:
                          one: {objectives: [trades, trades], sets: {train.epochs: 5}}
                          two: {}
                        guides: {teacher: tradse}
                        clock: nobody
                        """))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("trades twice")
        .hasMessageContaining("sets")
        .hasMessageContaining("families.two")
        .hasMessageContaining("guides.teacher")
        .hasMessageContaining("clock");
    assertThatThrownBy(
            () ->
                read(
                    folder,
                    SHARED
                        + """
                        families:
                          one: {objectives: [tradse], set: {train.epoch: 5}}
                          two: {objectives: [rslad]}
                        """))
        .hasMessageContaining("tradse")
        .hasMessageContaining("train.epoch")
        .hasMessageContaining("teacher");
  }

  @Test
  void aTrackerIsRefused(@TempDir Path folder) {
    String tracked = SHARED + "  track: {mlflow: \"http://localhost:5000\"}\n";
    assertThatThrownBy(() -> read(folder, tracked + "families: {a: {objective: standard}}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("track: expected recipes that no tracker is told of");
    String set = "families: {a: {objective: standard, set: {track.mlflow: \"http://localhost\"}}}";
    assertThatThrownBy(() -> read(folder, SHARED + set))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("track: expected recipes that no tracker is told of");
  }

  /** {@link io.holdfast.experiment.RecipeBook#read} of each is tested above. */
  @Test
  void theBooksAreTheseOnes() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "objectives.yaml", "multi-norm.yaml", "curricula.yaml", "adapt.yaml");
    }
  }

  private static RecipeRow row(String name, String held) {
    Rate rate = Rate.of(held.chars().filter(c -> c == '1').count(), held.length());
    return new RecipeRow(
        name, name, null, rate, Map.of(), rate, null, 10, Double.NaN, held, Map.of());
  }

  @Test
  void comparisonsArePointByPoint() {
    RecipeRow better = row("a", "11100");
    RecipeRow worse = row("b", "10010");
    Difference by = Objects.requireNonNull(better.against(worse).ahead().get("b"));
    assertThat(by).isEqualTo(Difference.paired(1, 1, 2, 1));
    assertThat(by.value()).isCloseTo(0.2, within(1e-12));
    assertThat(better.against(better).ahead()).isEmpty();
    List<RecipeRow> both = RecipeRow.compared(List.of(better, worse), "b", List.of("b"));
    assertThat(both.get(0).ahead()).isEqualTo(Map.of("b", by));
    assertThat(both.get(1).ahead()).isEmpty();
    assertThat(both).allMatch(row -> row.time() == 1);
    assertThat(RecipeRow.compared(List.of(better), "none", List.of()).get(0).time()).isNaN();
    assertThat(better.judged(Rate.of(1, 5)).last()).isEqualTo(Rate.of(1, 5));
  }
}
