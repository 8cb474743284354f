package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experiment files with a search. */
final class SearchTest {
  private static final String OVER =
      "train.optimiser.learning_rate: {from: 0.001, to: 0.05}, train.objective: [pgd-at, {name:"
          + " trades, beta: 6}], train.objective.beta: {from: 2, to: 10}, train.attack.steps: {from:"
          + " 1, to: 4}";
  private static final String SEARCH = "search={trials: 5, over: {" + OVER + "}}";

  private static Path folder;
  private static Path file;
  private static Path whole;
  private static String table;

  @BeforeAll
  static void runWithoutInterruption(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    whole = folder.resolve("whole");
    Ran ran = harden(whole);
    assertThat(ran.exit()).as(ran.err()).isZero();
    table = ran.out();
  }

  private static Ran harden(Path out, String... more) {
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", out));
    for (String set :
        List.of(SEARCH, "train.epochs=3", "evaluate={attacks: [fgsm], examples: 32, curve: 0}")) {
      args.addAll(List.of("--set", set));
    }
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  private static JsonNode result(Path out) {
    return Json.read(out.resolve("search.json"));
  }

  @Test
  void trialsAreToldWithTheirFront() throws IOException {
    JsonNode result = result(whole);
    assertThat(result.path("trials")).hasSize(5);
    assertThat(result.path("rungs").toString()).isEqualTo("[1,3]");
    assertThat(result.path("epochs").asInt()).isEqualTo(5 + 2 * 2);
    assertThat(result.path("front")).isNotEmpty();
    for (JsonNode trial : result.path("trials")) {
      boolean trades = trial.at("/values/train.objective").asText().contains("trades");
      assertThat(trial.path("values").has("train.objective.beta")).isEqualTo(trades);
    }
    assertThat(table).contains("front", "best", "as in the file", "robust", "report:");
    assertThat(whole.resolve("report.html"))
        .content()
        .contains("Trials of the search", "<polyline", "robust accuracy", "as in the file");
  }

  @Test
  void whatChangesNoResultGovernsTrialsToo() {
    Path out = folder.resolve("governed");
    Ran ran = harden(out, "--set", "governor={cores: 1, load: 1}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(result(out)).isEqualTo(result(whole));
    Path best = out.resolve("trials/" + result(out).path("best").asInt());
    assertThat(Journal.read(best.resolve(Journal.FILE)))
        .extracting(Decision::what)
        .contains(What.WORKERS, What.SUMMARY);
    Path late = folder.resolve("late");
    Ran refused = harden(late, "--set", "governor.deadline=1h");
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("governor: expected cores, memory, load and hours alone");
    assertThat(late).doesNotExist();
  }

  /** Low-rank adaptation wants a model to start from, which this experiment has not. */
  @Test
  void aSearchInWhichNothingElseGoesTogetherSaysSo() {
    Path out = folder.resolve("alone");
    Ran ran =
        harden(out, "--set", "search={over: {train.lora: [{rank: 2}, {rank: 3}]}, trials: 3}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.err()).contains("1 of 3 trials: no other values that go together were drawn");
    assertThat(result(out).path("trials")).hasSize(1);
  }

  /** A trial that was paused and let go on is the run that its settings make by themselves. */
  @Test
  void aTrialGoesOnAsIfItHadNeverPaused() throws IOException {
    Path out = folder.resolve("chosen");
    copy(whole, out);
    int paused = -1;
    for (JsonNode trial : result(whole).path("trials")) {
      paused = trial.path("epochs").asInt() == 1 ? trial.path("trial").asInt() : paused;
    }
    Ran ran = harden(out, "--resume", "--trial", Integer.toString(paused));
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("trial " + paused + ": ");
    assertThat(result(out)).isEqualTo(result(whole));
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", folder.resolve("plain")));
    args.addAll(List.of("--set", "train.epochs=3"));
    args.addAll(List.of("--set", "evaluate={attacks: [fgsm], examples: 32, curve: 0}"));
    result(whole)
        .at("/trials/" + paused + "/values")
        .properties()
        .forEach(e -> args.addAll(List.of("--set", e.getKey() + "=" + e.getValue().asText())));
    assertThat(Ran.command(args.toArray()).exit()).isZero();
    assertThat(StagesTest.bits(out.resolve("trials/" + paused)).get("metrics"))
        .isEqualTo(StagesTest.bits(folder.resolve("plain")).get("metrics"));
    assertThat(out.resolve("trials/" + paused + "/ledger.parquet"))
        .hasSameBinaryContentAs(folder.resolve("plain/ledger.parquet"));
  }

  /** A search that begins takes the trials of the one before away, and the one before that. */
  @Test
  void whatASearchStartsFromLiesOutsideItsFolder() throws IOException {
    Path out = folder.resolve("from-within");
    copy(whole, out);
    int best = result(out).path("best").asInt();
    Path model = out.resolve("trials/" + best + "/model.holdfast");
    for (String dry : List.of("--dry-run", "--json")) {
      Ran ran = harden(out, "--set", "model.start=" + model, dry);
      assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).contains("model.start", "outside the folder for the results, " + out);
    }
    assertThat(model).exists();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path path : files.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  /** Its trials were in their place, its journal and result were not. */
  @Test
  void aMoveOfTheSearchBeforeThatWasKilledGoesOn() throws IOException {
    Path out = folder.resolve("moved");
    copy(whole, out);
    Path previous = Files.createDirectories(out.resolve("previous"));
    Files.move(out.resolve("trials"), previous.resolve("trials"));
    Ran ran = harden(out, "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(result(out)).isEqualTo(result(whole));
    assertThat(result(previous)).isEqualTo(result(whole));
    assertThat(previous.resolve("search.jsonl")).exists();
    for (int trial = 0; trial < 5; trial++) {
      assertThat(out.resolve("trials/" + trial)).exists();
      assertThat(previous.resolve("trials/" + trial)).exists();
    }
  }

  /** As a full disk leaves it. */
  @Test
  void aJournalWithoutALineIsNobodys() throws IOException {
    Path out = Files.createDirectories(folder.resolve("empty"));
    Files.createFile(out.resolve("search.jsonl"));
    Ran ran = harden(out, "--resume", "--dry-run");
    assertThat(ran.exit()).as(ran.err()).isZero();
    Files.writeString(out.resolve("search.jsonl"), "{\"search\": \"of attacks\"}\n");
    Ran refused = harden(out, "--resume", "--dry-run");
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("an earlier search of harden");
  }

  /**
   * A rung may end an earlier stage, which hands on its last weights whatever the last one keeps.
   */
  @Test
  void aTrialIsJudgedByWhatItsStageKeeps() throws IOException {
    Path out = folder.resolve("stages");
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", out));
    for (String set :
        List.of(
            "search={trials: 1, epochs: 3, over: {train.batch: [16, 32]}}",
            "train.objective={name: hybrid, terms: [{name: pgd-at, weight: {stages: [{at: 0, value: 1},"
                + " {at: 0.6, value: 1000}]}}]}", // no step of the third epoch is a good one
            "train.batch=16",
            "train.optimiser={name: sgd, learning_rate: 0.1, schedule: constant}",
            "stages=[{name: first, epochs: 3}, {name: second, epochs: 6, keep: best, objective: pgd-at}]",
            "threat.epsilon=0.01",
            "data.validation=0.5",
            "train.validation={examples: 128, steps: 2}",
            "evaluate={attacks: [fgsm], examples: 32, curve: 0}")) {
      args.addAll(List.of("--set", set));
    }
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).as(ran.err()).isZero();
    JsonNode trial = result(out).at("/trials/0");
    assertThat(trial.path("epochs").asInt()).isEqualTo(3);
    List<Double> seen = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("trials/0/stages/first/metrics.jsonl"))) {
      JsonNode event = Json.parse(line, "metrics");
      if (event.path("event").asText().equals("epoch")) {
        seen.add(event.path("robust_accuracy").asDouble());
      }
    }
    assertThat(seen).hasSize(3);
    assertThat(Math.max(seen.get(0), seen.get(1)))
        .as("one before was better: %s", seen)
        .isGreaterThan(seen.get(2) + 0.1);
    assertThat(trial.path("robust_accuracy").asDouble()).isEqualTo(seen.get(2));
    try (Bundle first = Bundle.read(out.resolve("trials/0/stages/first/model.holdfast"))) {
      assertThat(first.provenance().dataHashes()).containsKeys("train", "validation");
    }
    Ran kept = harden(folder.resolve("kept"), "--set", "search.over={train.keep: [last, best]}");
    assertThat(kept.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(kept.err())
        .contains("train.keep", "but not of validation, checkpoint, early_stopping, keep or");
  }

  @Test
  void aNameIsSearchedForWithItsSection() {
    Ran ran =
        harden(folder.resolve("named"), "--set", "search.over={train.attack.name: [pgd, fgsm]}");
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("train.attack.name", "(search over train.attack)");
  }

  /** As a kill leaves it: the journal cut in a line, a trial with a checkpoint within a rung. */
  @Test
  void resumedItEndsWithTheSameTrials() throws IOException {
    Path out = folder.resolve("half");
    copy(whole, out);
    Path journal = out.resolve("search.jsonl");
    String text = Files.readString(journal);
    List<String> lines = text.lines().toList();
    Files.writeString(
        journal,
        lines.subList(0, 4).stream().collect(Collectors.joining("\n", "", "\n"))
            + lines.get(4).substring(0, 30));
    Files.delete(out.resolve("search.json"));
    Ran ran = harden(out, "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(out.resolve("search.json")).hasSameBinaryContentAs(whole.resolve("search.json"));
    int best = result(whole).path("best").asInt();
    assertThat(StagesTest.bits(out.resolve("trials/" + best)))
        .isEqualTo(StagesTest.bits(whole.resolve("trials/" + best)));
    String known = Files.readString(journal);
    for (String change : List.of("seed=8", "search.method=asha")) {
      Ran other = harden(out, "--resume", "--set", change);
      assertThat(other.exit()).as("another search in its place").isEqualTo(Exit.BAD_INPUT);
      assertThat(other.err()).contains("expected the journal of this search");
    }
    assertThat(journal).content().isEqualTo(known);
  }

  /** The best trial was trained to its end before the others could go on. */
  @Test
  void withMoreEpochsItEndsAsIfItHadHadThemAtOnce() throws IOException {
    Path out = folder.resolve("cut");
    Ran cut = harden(out, "--set", "search.epochs=5");
    assertThat(cut.exit()).as(cut.err()).isZero();
    assertThat(result(out).path("cut").asBoolean()).isTrue();
    Ran ran = harden(out, "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(result(out)).isEqualTo(result(whole));
  }

  @Test
  void aNewSearchKeepsTheOneBefore() throws IOException {
    Path out = folder.resolve("again");
    copy(whole, out);
    Ran refused = harden(out, "--trial", "1");
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("--trial: expected --resume");
    assertThat(result(out)).isEqualTo(result(whole));
    Ran ran = harden(out, "--set", "search.trials=2");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(result(out).path("trials")).hasSize(2);
    Path previous = out.resolve("previous");
    assertThat(result(previous)).isEqualTo(result(whole));
    assertThat(previous.resolve("trials/4/experiment.json")).exists();
    assertThat(previous.resolve("report.html")).exists();
    assertThat(out.resolve("trials/4")).doesNotExist();

    Path half = folder.resolve("half-moved"); // as a kill leaves it
    copy(whole, half);
    Files.createDirectories(half.resolve("previous"));
    Files.move(half.resolve("trials"), half.resolve("previous/trials"));
    assertThat(harden(half, "--set", "search.trials=2").exit()).isZero();
    assertThat(half.resolve("previous/trials/4/experiment.json")).exists();
    assertThat(result(half.resolve("previous"))).isEqualTo(result(whole));
    Files.writeString(half.resolve("previous/diary.txt"), "mine");
    Ran theirs = harden(half);
    assertThat(theirs.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(theirs.err()).contains("previous", "something else");
    assertThat(half.resolve("previous/diary.txt")).exists();
  }

  /**
   * Some of what is drawn cannot be trained: such trials are drawn anew, and none ends the search.
   */
  @Test
  void whatCannotBeTrainedIsNotDrawn() {
    Path out = folder.resolve("unfit");
    Ran ran =
        harden(
            out,
            "--set",
            "search={trials: 4, method: random, over: {train.objective: [pgd-at, mart, trades],"
                + " train.optimiser.learning_rate: {from: 0.001, to: 0.1, scale: log}}}",
            "--set",
            "train.pairs=mixup",
            "--set",
            "train.epochs=1");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(result(out).path("trials")).hasSize(4);
    assertThat(result(out).path("trials").toString()).doesNotContain("mart");
  }

  /** Whose stages stop as soon as an epoch brings nothing, which hardly moving weights never do. */
  @Test
  void aTrialCostsTheEpochsThatItsStagesCameTo() {
    String stages = "stages=[{name: first, epochs: %1$d}, {name: second, epochs: %1$d}]";
    String still = "train.optimiser={name: sgd, learning_rate: 1e-12}";
    JsonNode early =
        single("early", stages.formatted(5), still, "train.early_stopping={patience: 1}");
    JsonNode whole = single("whole-stages", stages.formatted(2), still);
    assertThat(early.path("epochs").asInt()).isEqualTo(10);
    assertThat(whole.path("epochs").asInt()).isEqualTo(4);
    for (String cost : List.of("backward_passes", "attack_gradients")) {
      assertThat(early.path(cost).asDouble()).isPositive().isEqualTo(whole.path(cost).asDouble());
    }
  }

  /** The one trial of a search. */
  private static JsonNode single(String name, String... settings) {
    Path out = folder.resolve(name);
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", out));
    List<String> sets = new ArrayList<>(List.of(settings));
    sets.add("search={trials: 1, over: {train.batch: [32, 64]}}");
    sets.add("evaluate={attacks: [fgsm], examples: 4, curve: 0}");
    sets.forEach(set -> args.addAll(List.of("--set", set)));
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).as(ran.err()).isZero();
    return result(out).path("trials").path(0);
  }

  @Test
  void mistakesAreToldByName() {
    Path out = folder.resolve("bad");
    Ran ran =
        harden(
            out,
            "--set",
            "search.over={train.epocs: [1, 2], train.batch: [64, x], threat.epsilon: [0.1],"
                + " train.optimiser.momentum: {from: 0.5, to: 3}, train.epochs: {from: 2, to: 4},"
                + " train.validation.steps: [1], train.ema: {from: 0, to: 0.9, scale: log},"
                + " train.shard: {from: 8, to: 8.5}, train.label_smoothing: []}",
            "--set",
            "search.method=genetic",
            "--set",
            "search.trials=0",
            "--set",
            "search.best=1");
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("search.over.threat.epsilon", "search.over.train.validation.steps")
        .contains("search.over.train.epocs", "did you mean epochs?")
        .contains("search.over.train.batch", "an integer from 1")
        .contains("search.over.train.optimiser.momentum", "search.over.train.ema.from")
        .contains("search.over.train.shard", "search.over.train.label_smoothing")
        .contains("no number of epochs", "search.method", "search.trials", "search.best");
    Ran none = harden(out, "--set", "data.validation=0");
    assertThat(none.err()).contains("data.validation", "held-out training samples");
    Ran late = harden(out, "--set", "search.least_epochs=1000");
    assertThat(late.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(late.err()).contains("search.least_epochs: expected at most", "found 1000");
    Ran few = harden(out, "--set", "search.method=random", "--set", "search.epochs=2");
    assertThat(few.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(few.err()).contains("search.epochs: expected 0 for no limit, or at least 3");
    Ran both = harden(out, "--seeds", "1,2");
    assertThat(both.err()).contains("one of search and seeds");
    Ran trial = harden(whole, "--resume", "--trial", "99");
    assertThat(trial.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(trial.err()).contains("--trial", "a trial from 0 to 4");
    assertThat(out).doesNotExist();
  }

  @Tag("slow")
  @Test
  void killedAnywhereAndResumedItEndsWithTheSameTrials() throws Exception {
    Path out = folder.resolve("killed");
    for (int lines = 1; lines < 8; lines++) {
      Process process =
          RealProcess.start(
              folder,
              "harden",
              file,
              "--out",
              out,
              "--set",
              SEARCH,
              "--set",
              "train.epochs=3",
              "--set",
              "evaluate={attacks: [fgsm], examples: 32, curve: 0}",
              "--resume",
              "--workers",
              1);
      Path journal = out.resolve("search.jsonl");
      while (process.isAlive()
          && (!Files.exists(journal) || Files.readString(journal).lines().count() < lines)) {
        Thread.sleep(2);
      }
      process.destroyForcibly();
      RealProcess.end(process);
    }
    assertThat(harden(out, "--resume").exit()).isZero();
    assertThat(out.resolve("search.json")).hasSameBinaryContentAs(whole.resolve("search.json"));
  }
}
