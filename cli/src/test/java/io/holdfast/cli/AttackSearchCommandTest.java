package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.experiment.HeldOut;
import io.holdfast.experiment.SearchOutcome;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.train.objective.Standard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code attack --search}, {@code attack --surrogate} and {@code surrogate}. */
final class AttackSearchCommandTest {
  private static final String WEAK = "pgd[steps=4,relative_step=0.01,random_start=false]";
  private static Path folder;
  private static Path model;
  private static Path other;

  @BeforeAll
  static void train(@TempDir Path directory) {
    folder = directory;
    model = trained(16);
    other = trained(24);
  }

  private static Path trained(int hidden) {
    Path file = folder.resolve("model" + hidden + ".holdfast");
    try (Bundle bundle =
        Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, hidden))
            .objective(new Standard())
            .epochs(3)
            .seed(hidden)
            .fit(FashionMnist.train().first(640))) {
      bundle.write(file);
    }
    return file;
  }

  private static Ran attack(Path out, Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                "attack",
                "--model",
                model,
                "--data",
                "embedded:fashion-mnist/test",
                "--examples",
                90,
                "--out",
                out));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  private static Ran search(Path out, Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                "--threat", "linf:0.05", "--attack", WEAK, "--search", "--trials", 9, "--json"));
    args.addAll(List.of(more));
    return attack(out, args.toArray());
  }

  private static SearchOutcome outcome(Path out) {
    return Json.read(out.resolve("search.json"), SearchOutcome.class);
  }

  @Test
  void aWeakSettingIsReplacedAndTheGainIsSeenOnOtherSamples() {
    Path out = folder.resolve("found");
    Ran ran = search(out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    SearchOutcome outcome = outcome(out);
    JsonNode printed = Json.parse(ran.out(), "out");
    assertThat(printed.path("search")).hasToString(Json.tree(outcome).toString());
    assertThat(printed.path("attack").asText()).isEqualTo(outcome.found());
    assertThat(outcome.slice()).isEqualTo(30);
    assertThat(outcome.trials()).hasSize(10);
    assertThat(Objects.requireNonNull(outcome.heldOut()).samples()).isEqualTo(60);
    assertThat(outcome.heldOut().gains()).isTrue();
    assertThat(outcome.words())
        .startsWith("of 9 settings, on 60 samples that the search did not see, pgd[")
        .contains("points fewer (95% interval")
        .endsWith("it is stronger");
    assertThat(out.resolve("as-given").resolve("adversarial.safetensors")).exists();
    Ran pasted =
        attack(folder.resolve("pasted"), "--threat", "linf:0.05", "--attack", outcome.found());
    assertThat(pasted.exit()).as(pasted.err()).isZero();
    Ran refused = attack(out, "--threat", "linf:0.05", "--attack", "fgsm");
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("the results of attack --search");
  }

  @Test
  void aSearchThatWasKilledEndsWithTheSameFiles() throws IOException {
    Path whole = folder.resolve("whole");
    assertThat(search(whole).exit()).isZero();
    List<String> lines = Files.readAllLines(whole.resolve("search.jsonl"));
    for (int kept : new int[] {1, 7, lines.size() - 1}) {
      Path killed = folder.resolve("killed" + kept);
      Files.createDirectories(killed);
      String rest = String.join("\n", lines.subList(0, kept)) + "\n{\"attack\":\"pg";
      Files.writeString(killed.resolve("search.jsonl"), rest);
      Ran ran = search(killed, "--resume", "--workers", 2);
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(Ran.contents(killed)).isEqualTo(Ran.contents(whole));
    }
    Path found = aged(whole.resolve("adversarial.safetensors"));
    Path given = aged(whole.resolve("as-given").resolve("adversarial.safetensors"));
    Map<String, String> before = Ran.contents(whole);
    assertThat(search(whole, "--resume").exit()).isZero();
    assertThat(Ran.contents(whole)).isEqualTo(before);
    assertThat(List.of(found, given)).allMatch(AttackSearchCommandTest::isAged);
    Ran other = search(whole, "--resume", "--seed", 9);
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err()).contains("search.jsonl: expected the journal of this search");
    assertThat(Ran.contents(whole)).isEqualTo(before);
  }

  private static Path aged(Path file) throws IOException {
    return Files.setLastModifiedTime(file, FileTime.fromMillis(0));
  }

  private static boolean isAged(Path file) {
    return file.toFile().lastModified() == 0;
  }

  @Test
  void anAttackThatHasEndedIsGoneOnWithByDoingNothing() throws IOException {
    Path out = folder.resolve("ended");
    Object[] fgsm = {"--threat", "linf:0.05", "--attack", "fgsm"};
    Ran first = attack(out, fgsm);
    assertThat(first.exit()).as(first.err()).isZero();
    Path file = aged(out.resolve("adversarial.safetensors"));
    Object[] again = {"--threat", "linf:0.05", "--attack", "fgsm", "--resume"};
    assertThat(attack(out, again)).isEqualTo(first);
    assertThat(isAged(file)).isTrue();
    Object[] other = {"--threat", "linf:0.06", "--attack", "fgsm", "--resume"};
    assertThat(attack(out, other).exit()).isZero();
    assertThat(isAged(file)).as("another attack's").isFalse();
  }

  @Test
  void whatCannotBeSearchedIsRefusedBeforeAnythingIsWritten() {
    Path out = folder.resolve("refused");
    Ran noise = attack(out, "--threat", "linf:0.05", "--attack", "uniform-noise", "--search");
    assertThat(noise.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(noise.err()).contains("uniform-noise");
    Ran all = search(out, "--search-examples", 90);
    assertThat(all.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(all.err()).contains("--search-examples").contains("of 90");
    Ran alone = attack(out, "--threat", "linf:0.05", "--attack", "fgsm", "--trials", 3);
    assertThat(alone.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(alone.err()).contains("--trials").contains("--search beside it");
    Ran bad =
        attack(
            out,
            "--threat",
            "linf:0.05",
            "--attack",
            "fgsm",
            "--search",
            "--search-budget",
            "soon",
            "--trials",
            0);
    assertThat(bad.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(bad.err()).contains("--search-budget soon").contains("--trials");
    assertThat(out).doesNotExist();
  }

  @Test
  void aPlanIsMadeWithoutSearching() {
    Path out = folder.resolve("planned");
    Ran ran = search(out, "--dry-run");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(Json.parse(ran.out(), "out").path("phases").has("search")).isTrue();
    assertThat(out).doesNotExist();
  }

  @Test
  void anAttackByWayOfAnotherModelNeedsNoMoreThanDecisions() {
    String blind = "linf:0.08[knowledge=decision]";
    Path out = folder.resolve("transfer");
    Ran ran = attack(out, "--threat", blind, "--attack", "mi-fgsm", "--surrogate", other, "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode result = Json.parse(ran.out(), "out");
    assertThat(result.at("/robust_accuracy/value").asDouble())
        .isLessThan(result.at("/clean_accuracy/value").asDouble());
    Ran alone = attack(folder.resolve("alone"), "--threat", blind, "--attack", "mi-fgsm");
    assertThat(alone.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(alone.err()).contains("knowledge");
  }

  /** Settings are tried on the surrogate and judged by what fools the model. */
  @Test
  void aSearchByWayOfAnotherModelFindsWhatTransfers() {
    Path out = folder.resolve("found-by-transfer");
    Object[] search = {
      "--threat",
      "linf:0.2[knowledge=decision]",
      "--attack",
      WEAK,
      "--surrogate",
      other,
      "--search",
      "--trials",
      24,
      "--json"
    };
    Ran ran = attack(out, search);
    assertThat(ran.exit()).as(ran.err()).isZero();
    SearchOutcome outcome = outcome(out);
    assertThat(outcome.surrogates()).contains("model24.holdfast");
    assertThat(outcome.trials()).hasSize(25);
    HeldOut heldOut = Objects.requireNonNull(outcome.heldOut());
    assertThat(heldOut.gains()).as(outcome.words()).isTrue();
    assertThat(outcome.trials())
        .as("a round tries at most its looks, one more than its steps, and its last point")
        .allMatch(t -> t.score().queries() <= 3 * t.score().gradients());
    Ran pasted =
        attack(
            folder.resolve("pasted-transfer"),
            "--threat",
            "linf:0.2[knowledge=decision]",
            "--attack",
            outcome.found(),
            "--surrogate",
            other);
    assertThat(pasted.exit()).as(pasted.err()).isZero();
  }

  private static Ran surrogate(Path out, Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of("surrogate", "--model", model, "--data", "embedded:fashion-mnist/train"));
    args.addAll(List.of("--as", "mlp,hidden=24", "--out", out));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  @Test
  void aSurrogateThatOnlyAskedIsGoodEnoughToAttackBy() {
    Path asked = folder.resolve("asked.holdfast");
    Ran ran = surrogate(asked, "--examples", 300, "--steps", 200, "--answers", "labels", "--json");
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode told = Json.parse(ran.out(), "out");
    assertThat(told.path("queries").asInt()).isEqualTo(300);
    assertThat(told.path("agreement").asDouble()).isGreaterThan(0.8);
    Path again = folder.resolve("again.holdfast");
    assertThat(surrogate(again, "--examples", 300, "--steps", 200, "--answers", "labels").exit())
        .isZero();
    try (Bundle one = Bundle.read(asked);
        Bundle two = Bundle.read(again)) {
      assertThat(one.network().hash()).isEqualTo(two.network().hash());
      assertThat(Json.tree(one.provenance()).toString()).contains("\"answers\":\"labels\"");
    }
    String blind = "linf:0.1[knowledge=decision]";
    Ran attacked =
        attack(
            folder.resolve("by-asked"),
            "--threat",
            blind,
            "--attack",
            "mi-fgsm",
            "--surrogate",
            asked,
            "--json");
    assertThat(attacked.exit()).as(attacked.err()).isZero();
    JsonNode result = Json.parse(attacked.out(), "out");
    assertThat(result.at("/robust_accuracy/value").asDouble())
        .isLessThan(result.at("/clean_accuracy/value").asDouble() * 0.7);
  }

  @Test
  void whatASurrogateCannotBeIsRefusedAtOnce() throws IOException {
    Path taken = folder.resolve("taken.holdfast");
    Files.writeString(taken, "mine");
    Ran ran =
        Ran.command(
            "surrogate",
            "--out",
            taken,
            "--as",
            "mpl",
            "--answers",
            "all",
            "--rounds",
            -1,
            "--steps",
            0);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("--model", "--data", "mlp", "--answers", "--rounds", "--steps", "a new file");
    assertThat(taken).hasContent("mine");
    Path none = folder.resolve("none.holdfast");
    Ran patches =
        Ran.command(
            "surrogate",
            "--model",
            model,
            "--data",
            "embedded:fashion-mnist/train",
            "--as",
            "vit,patch=5",
            "--out",
            none);
    assertThat(patches.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(patches.err()).contains("patch");
    assertThat(none).doesNotExist();
  }
}
