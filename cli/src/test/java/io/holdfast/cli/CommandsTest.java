package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.data.DataSource;
import io.holdfast.experiment.Experiment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that train nothing, and the quickstart on small settings. */
final class CommandsTest {
  @Test
  void initWritesAnExperimentThatCanBeRead(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("mine.yaml");
    assertThat(Ran.command("init", file).out()).contains("wrote " + file);
    assertThat(Experiment.read(file, List.of()).name()).isEqualTo("my-experiment");
    Files.writeString(file, "mine");
    Ran refused = Ran.command("init", file);
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err())
        .isEqualToIgnoringNewLines(
            file + ": expected a new file, found one that exists (--force overwrites it)");
    assertThat(file).hasContent("mine");
    assertThat(Ran.command("init", file, "--force").exit()).isZero();
    assertThat(file).content().startsWith("# An experiment");
  }

  @Test
  void initTakesOnesOwnData(@TempDir Path folder) {
    Path file = folder.resolve("own.yaml");
    Ran.command("init", file, "--data", "my images.zip");
    Experiment one = Experiment.read(file, List.of());
    assertThat(one.train().path()).isEqualTo("my images.zip");
    assertThat(one.train().options().split()).isEqualTo("train");
    assertThat(one.test().options().split()).isEqualTo("test");
    Ran.command("init", file, "--data", "a.npz", "--test", "b.npz", "--force");
    assertThat(Experiment.read(file, List.of()).test().path()).isEqualTo("b.npz");
  }

  @Test
  void validationIsAShareOnlyIfTheWholeTextIsANumber(@TempDir Path folder) {
    Path file = folder.resolve("mine.yaml");
    Ran.command("init", file);
    for (String path : List.of("../val.zip", "2024-val.npz", "./val", "-val.npz", "1/val")) {
      Experiment one = Experiment.read(file, List.of("data.validation=" + path));
      assertThat(one.validation()).as(path).isEqualTo(DataSource.of(path));
    }
    for (String share : List.of("1/8", "0.125", ".125", "125e-3", "\"1 / 8\"")) {
      Experiment one = Experiment.read(file, List.of("data.validation=" + share));
      assertThat(one.validation()).as(share).isNull();
      assertThat(one.validationShare()).as(share).isEqualTo(0.125);
    }
  }

  @Test
  void quickstartWritesBothModelsAndComparesThem(@TempDir Path folder) {
    Path out = folder.resolve("quick");
    Ran quick =
        Ran.command(
            "quickstart",
            "--out",
            out,
            "--set",
            "train.epochs=1",
            "--set",
            "train.batch=1024",
            "--set",
            "train.attack={name: pgd, steps: 1}",
            "--set",
            "evaluate.examples=16",
            "--set",
            "evaluate.attacks=[fgsm]",
            "--set",
            "evaluate.curve=0",
            "--set",
            "model.architecture=mlp[hidden=8]");
    assertThat(quick.exit()).as(quick.err()).isZero();
    assertThat(quick.out())
        .contains("standard", "hardened", "clean accuracy", "robust accuracy")
        .contains("report: " + out.resolve("report.html"));
    for (String model : List.of("standard", "hardened")) {
      assertThat(out.resolve(model).resolve("model.holdfast")).exists();
      assertThat(out.resolve(model).resolve("scorecard.json")).exists();
    }
    assertThat(out.resolve("report.html")).content().contains("standard", "hardened");
  }

  @Test
  void attacksAreListed() {
    assertThat(Ran.command("attack", "--list").out())
        .contains("pgd: ", "steps=10", "fgsm: ", "Goodfellow");
    JsonNode json = Json.parse(Ran.command("attack", "--list", "--json").out(), "list");
    assertThat(json.at("/pgd/parameters/steps/default").asInt()).isEqualTo(10);
  }

  @Test
  void theSchemaIsPrinted() {
    assertThat(Json.parse(Ran.command("schema").out(), "schema").at("/properties/train").isObject())
        .isTrue();
  }

  @Test
  void theCompletionScriptKnowsTheCommands() {
    assertThat(Ran.command("completion").out())
        .contains("complete -F", "harden", "--dry-run", "quickstart");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command :
        List.of(
            "quickstart",
            "init",
            "harden",
            "evaluate",
            "attack",
            "library",
            "compare",
            "report",
            "doctor",
            "schema",
            "completion")) {
      Ran help = Ran.command(command, "--help");
      assertThat(help.exit()).isZero();
      assertThat(help.out()).startsWith("Usage: holdfast " + command);
    }
  }
}
