package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.experiment.Experiment;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code soup} over two models that went on from one start. */
final class SoupCommandTest {
  private static final String THREAT = "linf:0.02";

  private static Path folder;
  private static Path start;
  private static Path one;
  private static Path other;
  private static Path held;

  @BeforeAll
  static void trainTheIngredients(@TempDir Path directory) throws IOException {
    folder = directory;
    held = folder.resolve("test.safetensors");
    Path file = Ran.experiment(folder);
    start = harden(file, "start", "threat=" + THREAT, "train.objective=standard");
    one = harden(file, "one", "model.start=" + start, "threat=" + THREAT, "seed=1");
    other = harden(file, "other", "model.start=" + start, "threat=" + THREAT, "seed=2");
  }

  private static Path harden(Path file, String name, String... settings) {
    Path out = folder.resolve(name);
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", out));
    for (String setting : settings) {
      args.addAll(List.of("--set", setting));
    }
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).as(ran.err()).isZero();
    return out.resolve("model.holdfast");
  }

  @Test
  void aUniformSoupIsTheMeanAndNamesItsIngredients() {
    Path out = folder.resolve("uniform.holdfast");
    Ran nothing =
        Ran.command(
            "soup", one, other, "--method", "uniform", "--threat", "linf:0.1", "--out", out);
    assertThat(nothing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(nothing.err()).contains("--threat: expected --method greedy");
    Ran ran = Ran.command("soup", one, other, "--method", "uniform", "--out", out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains(one + " ", other + " ", "in the soup", "model: " + out);
    try (Bundle soup = Bundle.read(out);
        Bundle a = Bundle.read(one);
        Bundle b = Bundle.read(other);
        Scope scope = Scope.open()) {
      for (String name : a.network().weights().keySet()) {
        Tensor x = a.network().weight(name);
        Tensor y = b.network().weight(name);
        assertThat(x.sub(y).abs().max().item()).as("%s differs", name).isGreaterThan(1e-4);
        Tensor mean = x.add(y).div(2);
        assertThat(soup.network().weight(name).sub(mean).abs().max().item()).isLessThan(1e-6);
      }
      assertThat(soup.threat()).isEqualTo(a.threat());
      assertThat(soup.provenance().dataHashes())
          .isEqualTo(
              Map.of("ingredient-1", a.network().hash(), "ingredient-2", b.network().hash()));
    }
  }

  @Test
  void aGreedySoupIsNoWeakerThanItsBestIngredient() {
    Path out = folder.resolve("greedy.holdfast");
    Object[] args = {
      "soup", start, one, other, "--data", held, "--threat", THREAT, "--out", out, "--json"
    };
    Ran ran = Ran.command(args);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode told = Json.parse(ran.out(), "the soup's output");
    double best = 0;
    for (Path model : List.of(start, one, other)) {
      best = Math.max(best, robust(model));
    }
    assertThat(best).isGreaterThan(0.2);
    assertThat(told.path("robust_accuracy").asDouble()).isGreaterThanOrEqualTo(best);
    assertThat(told.path("models")).isNotEmpty();
    assertThat(told.path("examples").asInt()).as("of 500 wanted").isEqualTo(64);
    assertThat(robust(out)).isEqualTo(told.path("robust_accuracy").asDouble());
    Ran again = Ran.command(args);
    assertThat(again.out()).isEqualTo(ran.out());
  }

  /** Data that number the classes otherwise are read by the names of the models' classes. */
  @Test
  void greedyReadsLabelsByName() {
    String renamed = held + "[classes=[9,8,7,6,5,4,3,2,1,0]]";
    Path out = folder.resolve("renamed.holdfast");
    Object[] args = {
      "soup", one, other, "--data", renamed, "--threat", THREAT, "--out", out, "--json"
    };
    Ran ran = Ran.command(args);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode told = Json.parse(ran.out(), "the soup's output");
    assertThat(told.path("robust_accuracy").asDouble()).as("labels of others").isLessThan(0.2);
    Ran unknown =
        Ran.command(
            "soup", one, other, "--data", held + "[classes=[0,1,2,3,4,5,6,7,8,cat]]", "--out", out);
    assertThat(unknown.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(unknown.err()).contains("--data", "classes", "cat");
  }

  /** By PGD of ten steps on all held-out samples, as the soup is judged. */
  private static double robust(Path model) {
    Path out = folder.resolve("judged-" + model.toString().replace('/', '-'));
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            model,
            "--data",
            held,
            "--attack",
            "pgd[steps=10]",
            "--examples",
            64,
            "--threat",
            THREAT,
            "--seed",
            Experiment.DEFAULT_SEED,
            "--out",
            out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    return Json.read(out.resolve("scorecard.json"))
        .path("robust_accuracy")
        .path("value")
        .asDouble();
  }

  @Test
  void whatIsWrongIsToldAtOnceAndNothingIsWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("a-file"), "mine");
    Path out = file.resolve("soup.holdfast");
    Path missing = folder.resolve("missing.holdfast");
    Ran ran = Ran.command("soup", one, missing, "--out", out, "--steps", 0, "--workers", -1);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("missing.holdfast", "--steps", "--workers", "--data", file.toString());
    assertThat(file).hasContent("mine");
    byte[] before = Files.readAllBytes(one);
    Ran over = Ran.command("soup", one, other, "--method", "uniform", "--out", one);
    assertThat(over.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(over.err()).contains("--out", "one of the models");
    assertThat(one).hasBinaryContent(before);
    assertThat(Ran.command("soup", one, "--out", folder, "--method", "uniform").err())
        .contains("--out", "a file to write", "at least two models");
  }

  @Test
  void modelsOfAnotherShapeAreRefused() throws IOException {
    Path wide = folder.resolve("wide");
    Files.createDirectories(wide);
    Path model = harden(Ran.experiment(wide), "wide/run", "model.architecture=mlp[hidden=24]");
    Path out = folder.resolve("mixed.holdfast");
    Ran ran = Ran.command("soup", one, model, "--method", "uniform", "--out", out);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains(model.toString(), "mlp[hidden=16]", "mlp[hidden=24]");
    assertThat(out).doesNotExist();
  }
}
