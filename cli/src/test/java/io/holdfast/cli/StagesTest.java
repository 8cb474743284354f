package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiment files with several stages. */
final class StagesTest {
  private static final String STAGES =
      "stages=[{name: pretrain, objective: standard}, {objective: {name: trades, beta: 3}, epochs: 3,"
          + " optimiser: {learning_rate: 0.002}}, {name: tune, layers: {trained: 1, examples: 32}}]";

  private static Path folder;
  private static Path file;
  private static Path whole;

  @BeforeAll
  static void runWithoutInterruption(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    whole = folder.resolve("whole");
    Ran ran = harden(whole);
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  private static Ran harden(Path out, String... more) {
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", out, "--set", STAGES));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  @Test
  void everythingNamesTheStages() throws IOException {
    String metrics = Files.readString(whole.resolve("metrics.jsonl"));
    List<JsonNode> begun =
        metrics
            .lines()
            .map(line -> Json.parse(line, "metrics"))
            .filter(line -> line.path("event").asText().equals("stage"))
            .toList();
    assertThat(begun)
        .extracting(line -> line.path("stage").asText() + " after " + line.path("step"))
        .containsExactly("pretrain after 0", "stage-2 after 6", "tune after 15");
    assertThat(metrics).contains("\"event\":\"epoch\",\"step\":21,\"epoch\":7");
    assertThat(whole.resolve("report.html"))
        .content()
        .contains(
            "Stage pretrain (standard) begins", "Stage stage-2 (trades) begins after epoch 2");
    try (Bundle model = Bundle.read(whole.resolve("model.holdfast"));
        Bundle last = Bundle.read(whole.resolve("stages/tune/model.holdfast"));
        Bundle first = Bundle.read(whole.resolve("stages/pretrain/model.holdfast"))) {
      assertThat(Json.compact(model.provenance().configuration()))
          .contains("\"name\":\"pretrain\"", "\"objective\":\"standard\"");
      assertThat(first.provenance().configuration()).containsEntry("stage", "pretrain");
      assertThat(first.threat()).isNull();
      assertThat(model.threat()).isNotNull();
      assertThat(model.network().hash()).isEqualTo(last.network().hash());
      assertThat(model.id()).isEqualTo(last.id());
    }
  }

  @Test
  void theFirstStageIsWhatItWouldBeAlone() {
    Path alone = folder.resolve("alone");
    Ran ran = Ran.command("harden", file, "--out", alone, "--set", "train.objective=standard");
    assertThat(ran.exit()).as(ran.err()).isZero();
    try (Bundle first = Bundle.read(whole.resolve("stages/pretrain/model.holdfast"));
        Bundle same = Bundle.read(alone.resolve("model.holdfast"))) {
      assertThat(first.network().hash()).isEqualTo(same.network().hash());
    }
  }

  @Test
  void aGovernorLeadsAllStagesAndSaysWhichItSpeaksOf() throws IOException {
    Path out = folder.resolve("governed");
    Ran ran = harden(out, "--set", "governor={cores: 1, deadline: 1h, samples: later}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ends(out)).containsExactly("pretrain", "stage-2", "tune");
    assertThat(bits(out).get("metrics")).isEqualTo(bits(whole).get("metrics"));
    assertThat(out.resolve("report.html")).content().contains("Stage tune: Gave up nothing");
    for (String name : List.of("model.holdfast", "journal.jsonl", "scorecard.json")) {
      Files.delete(out.resolve(name));
    }
    Files.delete(out.resolve("stages/tune/model.holdfast"));
    Ran again =
        harden(out, "--resume", "--set", "governor={cores: 1, deadline: 1h, samples: later}");
    assertThat(again.exit()).as(again.err()).isZero();
    assertThat(bits(out).get("metrics")).isEqualTo(bits(whole).get("metrics"));
    assertThat(ends(out)).containsExactly("pretrain", "stage-2", "tune");

    Path part = out.resolve("stages/tune/journal.jsonl"); // of one stage alone
    Ran refused = harden(folder.resolve("replay"), "--set", "governor.replay=" + part);
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("expected training/pretrain, found training/tune");
    assertThat(folder.resolve("replay")).doesNotExist();
    Path whole = out.resolve("journal.jsonl");
    Path other = folder.resolve("other.jsonl"); // whose last stage began with other steps
    Files.writeString(
        other,
        Files.readString(whole)
            + "{\"phase\":\"training/tune\",\"step\":0,\"what\":\"attack_steps\",\"from\":99.0,"
            + "\"to\":1.0,\"why\":\"\",\"measured\":{}}\n");
    Files.writeString(
        other, Files.readString(other).replaceAll("(?m)^.*training/tune.*\"summary\".*\\R", ""));
    Ran steps = harden(folder.resolve("replay"), "--dry-run", "--set", "governor.replay=" + other);
    assertThat(steps.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(steps.err()).contains("as in this experiment, found one from 99.0");
    Ran itself = harden(out, "--set", "governor.replay=" + whole);
    assertThat(itself.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(itself.err()).contains("governor.replay: expected a journal outside the folder");
    assertThat(whole).exists();

    Path late = folder.resolve("late");
    Ran tight = harden(late, "--set", "governor={deadline: 10ms}", "--set", "train.epochs=200");
    assertThat(tight.exit()).as(tight.err()).isZero();
    assertThat(Scorecard.read(late.resolve("scorecard.json")).flags())
        .anyMatch(flag -> flag.startsWith("the governor in stage tune gave up "));
  }

  /** Stages that a journal tells the end of. */
  private static List<String> ends(Path out) {
    return Journal.read(out.resolve(Journal.FILE)).stream()
        .filter(d -> d.what() == What.SUMMARY)
        .map(Decision::stage)
        .toList();
  }

  /** As a kill leaves it: some stages trained, some begun, some not. */
  @Test
  void whatIsThereIsNotTrainedAgain() throws IOException {
    Path out = folder.resolve("half");
    assertThat(harden(out).exit()).isZero();
    for (String name :
        List.of("model.holdfast", "metrics.jsonl", "scorecard.json", "ledger.parquet")) {
      Files.delete(out.resolve(name));
    }
    Files.delete(out.resolve("stages/tune/model.holdfast"));
    Files.delete(out.resolve("stages/stage-2/model.holdfast")); // its checkpoint has the last step
    Files.delete(out.resolve("stages/tune/checkpoint.safetensors"));
    Ran ran = harden(out, "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(bits(out)).isEqualTo(bits(whole));
    Ran again = harden(out, "--resume");
    assertThat(again.exit()).as(again.err()).isZero();
    Ran other = harden(out, "--resume", "--set", "stages[1].epochs=4");
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err()).contains("stages", "leave out --resume");
    assertThat(bits(out)).isEqualTo(bits(whole));
    assertThat(harden(out).exit()).as("a fresh run").isZero();
    assertThat(out.resolve("previous/stages/tune/model.holdfast")).exists();
    assertThat(bits(out)).isEqualTo(bits(whole));
  }

  /** Models and ledger; metrics without their seconds. */
  static Map<String, String> bits(Path out) throws IOException {
    Map<String, String> bits = new TreeMap<>(Ran.contents(out));
    bits.keySet().removeIf(name -> !(name.endsWith(".holdfast") || name.endsWith("parquet")));
    bits.keySet().removeIf(name -> name.startsWith("previous"));
    bits.put(
        "metrics",
        Files.readString(out.resolve("metrics.jsonl"))
            .replaceAll("\"seconds\":[^,}]*", "")
            .replaceAll("(?m)^.*\"event\":\"evaluation\".*\n", ""));
    return bits;
  }

  @Test
  void mistakesAreToldAtTheirStage() {
    Path out = folder.resolve("bad");
    Ran ran =
        harden(
            out,
            "--set",
            "stages[0].fooo=2",
            "--set",
            "stages[1].epochs=many",
            "--set",
            "stages[1].objective.beta=-1",
            "--set",
            "stages[2].start=pretrian",
            "--set",
            "stages[2].freeze=nothing",
            "--set",
            "train.batch=x");
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("stages[0].fooo", "known here: name, start, name_map, freeze, ")
        .contains("stages[1].epochs")
        .contains("stages[1].objective.beta")
        .contains("stages[2].start", "did you mean pretrain?")
        .containsOnlyOnce("train.batch");
    Ran twice = harden(out, "--set", "stages[2].name=pretrain", "--set", "stages[1].name=../x");
    assertThat(twice.err()).contains("stages[2].name", "stages[1].name", "2 problems");
    Ran frozen = harden(out, "--set", "stages[2].freeze=nothing");
    assertThat(frozen.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(frozen.err()).contains("names of layers", "nothing");
    Ran none = harden(out, "--set", "stages=[]");
    assertThat(none.err()).contains("at least one stage");
    assertThat(out).doesNotExist();
  }

  @Test
  void aStageMayBeginWithAFileOrAnEarlierStage() throws IOException {
    Path out = folder.resolve("started");
    Path model = whole.resolve("model.holdfast");
    String stages =
        "stages=[{name: a, start: %s, epochs: 1}, {name: b, epochs: 1}, {name: c, start: a, epochs: 1}]"
            .formatted(model);
    Ran ran = Ran.command("harden", file, "--out", out, "--set", stages);
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode origin = Json.read(out.resolve("experiment.json"));
    assertThat(origin.at("/data_hashes/a.start").asText()).hasSize(64);
    assertThat(origin.at("/configuration/stages/0/start_trained_on/attacks").toString())
        .contains("pgd");
    Ran inside =
        Ran.command("harden", file, "--out", whole, "--set", "stages=[{start: " + model + "}]");
    assertThat(inside.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(inside.err()).contains("outside the folder for the results");
  }

  @Tag("slow")
  @Test
  void killedInEachStageAndResumedItEndsWithTheSameBits() throws Exception {
    Path out = folder.resolve("killed");
    for (String stage : List.of("pretrain", "stage-2", "tune")) {
      Path metrics = out.resolve("stages").resolve(stage).resolve("metrics.jsonl");
      Process process =
          RealProcess.start(
              folder, "harden", file, "--out", out, "--set", STAGES, "--resume", "--workers", 1);
      while (!Files.exists(metrics) || Files.size(metrics) < 100) {
        assertThat(process.isAlive()).as("still runs").isTrue();
        Thread.sleep(1);
      }
      process.destroyForcibly();
      RealProcess.end(process);
    }
    assertThat(out.resolve("scorecard.json")).doesNotExist();
    assertThat(harden(out, "--resume").exit()).isZero();
    assertThat(bits(out)).isEqualTo(bits(whole));
  }

  /** What is looked at with the data open, too, and of all stages at once. */
  @Test
  void whatDoesNotGoTogetherIsToldByTheLineOfItsStage(@TempDir Path other) throws IOException {
    Path own = Ran.experiment(other);
    List<String> lines = new ArrayList<>(Files.readAllLines(own));
    lines.addAll(
        List.of(
            "stages:",
            "  - {objective: standard}",
            "  - objective: mma",
            "    attack: n-fgsm",
            "  - objective: cat",
            "    warm_start: 64"));
    Files.write(own, lines);
    Ran ran = Ran.command("harden", own, "--out", other.resolve("out"), "--dry-run");
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err())
        .contains(
            own + ":" + (lines.indexOf("    attack: n-fgsm") + 1) + ": train.attack: expected pgd,",
            "mma searches in a way of its own, found n-fgsm",
            own
                + ":"
                + (lines.indexOf("    warm_start: 64") + 1)
                + ": train.warm_start: expected 0,",
            "found 64 with cat");
  }
}
