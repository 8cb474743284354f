package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code evaluate}, {@code attack} and {@code report} say, on the files of a small run. */
final class EvaluateCommandTest {
  private static Path folder;
  private static Path file;
  private static Path run;

  @BeforeAll
  static void harden(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    run = folder.resolve("run");
    Ran ran = experiment("run");
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  private static Ran experiment(String out, String... settings) {
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", folder.resolve(out)));
    List<String> all =
        new ArrayList<>(
            List.of("train.epochs=1", "evaluate={attacks: [fgsm], examples: 256, curve: 0}"));
    all.addAll(Arrays.asList(settings));
    all.forEach(setting -> args.addAll(List.of("--set", setting)));
    return Ran.command(args.toArray());
  }

  private static Ran on(String command, String out, Object... more) {
    List<Object> args = new ArrayList<>(List.of(command, "--model", run.resolve("model.holdfast")));
    args.addAll(List.of("--out", folder.resolve(out)));
    if (!List.of(more).contains("--data")) {
      args.addAll(List.of("--data", folder.resolve("test.safetensors")));
    }
    args.addAll(Arrays.asList(more));
    return Ran.command(args.toArray());
  }

  @Test
  void aReportWrittenAnewStillSaysHowToRepeatTheRun() throws IOException {
    String made = Files.readString(run.resolve("command.txt")).strip();
    assertThat(made).startsWith("./holdfast harden " + file + " --out " + run);
    Ran report = Ran.command("report", run);
    assertThat(report.exit()).as(report.err()).isZero();
    assertThat(run.resolve("report.html"))
        .content()
        .contains("./holdfast harden " + file)
        .doesNotContain("holdfast report");
    assertThat(on("evaluate", "judged", "--attack", "fgsm").exit()).isZero();
    Path both = folder.resolve("both.html");
    Path judged = folder.resolve("judged");
    assertThat(Ran.command("report", run, judged, "--out", both).exit()).isZero();
    assertThat(both)
        .content()
        .contains("./holdfast harden " + file)
        .contains("./holdfast evaluate --model")
        .contains("./holdfast report " + run);
  }

  @Test
  void anotherCommandLineMakesNoOtherRun() throws IOException {
    Path out = folder.resolve("typed");
    Object[] command = {"harden", file, "--out", out, "--set", "train.epochs=1", "--workers", 1};
    assertThat(Ran.command(command).exit()).isZero();
    Map<String, String> before = Ran.contents(out);
    command[command.length - 1] = 2;
    Object[] resumed = Arrays.copyOf(command, command.length + 1);
    resumed[command.length] = "--resume";
    Ran again = Ran.command(resumed);
    assertThat(again.exit()).as(again.err()).isZero();
    Map<String, String> after = Ran.contents(out);
    for (String name : List.of("model.holdfast", "ledger.parquet", "experiment.json")) {
      assertThat(after).containsEntry(name, before.get(name));
    }
    assertThat(after.get("command.txt")).isNotEqualTo(before.get("command.txt"));
  }

  @Test
  void aDryRunOfAnAttackIsEstimatedAsAnEvaluationIs() {
    Ran dry = on("attack", "dry", "--attack", "pgd[steps=3]", "--dry-run");
    assertThat(dry.exit()).as(dry.err()).isZero();
    assertThat(dry.out()).contains("phase", "clean", "pgd[steps=3]", "in all", "memory: about ");
    Ran json = on("attack", "dry", "--attack", "pgd[steps=3]", "--dry-run", "--json");
    JsonNode estimate = Json.parse(json.out(), "estimate");
    assertThat(estimate.at("/seconds").asDouble()).isPositive();
    assertThat(estimate.at("/bytes").asLong()).isPositive();
    assertThat(estimate.path("phases").has("pgd[steps=3]")).isTrue();
    assertThat(folder.resolve("dry")).doesNotExist();
  }

  /** Of threat model, attacks, data and folder at once, as far as each can be looked at. */
  @Test
  void everyProblemIsNamedInOneGo() throws IOException {
    Ran two = on("evaluate", "none", "--threat", "l2:-1", "--attack", "fgsm,fgsm");
    assertThat(two.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(two.err())
        .startsWith("2 problems:")
        .contains("--threat l2:-1: epsilon", "each attack once, found fgsm twice");
    Ran same = on("evaluate", "none", "--attack", "pgd[steps=3],pgd[steps=3,restarts=1]");
    assertThat(same.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(same.err())
        .contains("each attack once, found pgd[steps=3,restarts=1], which is pgd[steps=3]");
    Path small = folder.resolve("small.safetensors");
    write(small, new float[4 * 64], 8);
    Ran shape =
        on("evaluate", "none", "--data", small, "--threat", "l2:1000", "--attack", "fgsm,bim,x");
    assertThat(shape.err())
        .startsWith("3 problems:")
        .contains("[1, 28, 28], what the model takes, found [1, 8, 8]")
        .contains("epsilon: expected at most 28, the distance of two corners", "found 1000")
        .contains("--attack x");
    Files.createDirectories(folder.resolve("taken/report.html"));
    Ran fit = on("evaluate", "taken", "--threat", "patch:3", "--attack", "fgsm", "--shard", 0);
    assertThat(fit.err())
        .contains("shard: expected at least 1 sample, found 0")
        .contains("attack fgsm")
        .contains("taken: report.html");
    Ran attack = on("attack", "taken", "--data", small, "--threat", "l1:-1", "--attack", "fgsm");
    assertThat(attack.err())
        .startsWith("2 problems:")
        .contains("--threat l1:-1", "what the model takes");
  }

  @Test
  void theFirstFiveImagesWithBadPixelsAreNamed() {
    float[] pixels = new float[8 * 64];
    for (int image = 1; image < 8; image++) {
      pixels[64 * image + image] = image % 2 == 0 ? Float.NaN : 7;
      pixels[64 * image + 8] = -1; // one of each image is enough
    }
    Path bad = folder.resolve("bad.safetensors");
    write(bad, pixels, 8);
    Ran ran = on("evaluate", "none", "--data", bad);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .startsWith("5 problems:")
        .contains("image 1, value 1: expected a finite pixel in [0, 1], found 7.0")
        .contains("image 2, value 2: expected a finite pixel in [0, 1], found NaN")
        .contains("image 5, value 5", "and 2 more such images")
        .doesNotContain("image 6");
  }

  private static void write(Path path, float[] pixels, int side) {
    int n = pixels.length / (side * side);
    long[] labels = new long[n];
    Arrays.setAll(labels, i -> i % 2);
    try (Scope scope = Scope.open()) {
      Safetensors.write(
          path,
          Map.of("images", Tensors.of(pixels, n, 1, side, side), "labels", Tensors.of(labels, n)),
          Map.of());
    }
  }

  @Test
  void theSameDataForTrainingAndTestIsSaidBeforeAndAfter() {
    String same = "are the same data";
    String test = "data.test=" + folder.resolve("train.safetensors");
    Ran ran = experiment("same", test);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("note: data.train and data.test " + same);
    Path card = folder.resolve("same/scorecard.json");
    assertThat(Scorecard.read(card).flags()).anyMatch(flag -> flag.contains(same));
    assertThat(folder.resolve("same/report.html")).content().contains(same);
    assertThat(Scorecard.read(run.resolve("scorecard.json")).flags())
        .noneMatch(flag -> flag.contains(same));
    Ran dry = Ran.command("harden", file, "--out", folder.resolve("d"), "--dry-run", "--set", test);
    assertThat(dry.out()).contains("data.train and data.test " + same);
  }

  /** Under another name only what the files hold can tell. */
  @Test
  void aCopyOfTheTrainingDataIsFoundAtTheEnd() throws IOException {
    Path copy = folder.resolve("copy.safetensors");
    Files.copy(folder.resolve("train.safetensors"), copy);
    Ran ran = experiment("copied", "data.test=" + copy);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("note: data.train and data.test are the same data");
    Path held = folder.resolve("held.safetensors");
    Files.copy(folder.resolve("test.safetensors"), held);
    Ran judged = experiment("held", "data.validation={path: " + held + "}");
    assertThat(judged.exit()).as(judged.err()).isZero();
    assertThat(judged.out()).contains("note: data.validation and data.test are the same data");
  }

  @Test
  void theShardIsTheUsersAndIsRecorded() {
    assertThat(on("evaluate", "shard", "--attack", "fgsm", "--shard", 64).exit()).isZero();
    JsonNode card = Json.read(folder.resolve("shard/scorecard.json"));
    assertThat(card.at("/provenance/configuration/evaluation/shard").asInt()).isEqualTo(64);
    assertThat(experiment("sharded", "evaluate.shard=16").exit()).isZero();
    JsonNode own = Json.read(folder.resolve("sharded/scorecard.json"));
    assertThat(own.at("/provenance/configuration/evaluation/shard").asInt()).isEqualTo(16);
    JsonNode usual = Json.read(run.resolve("scorecard.json"));
    assertThat(usual.at("/provenance/configuration/evaluation/shard").asInt()).isEqualTo(32);
  }
}
