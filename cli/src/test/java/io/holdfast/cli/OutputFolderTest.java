package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands do with a folder in which there is something already. */
final class OutputFolderTest {
  private static Path folder;
  private static Path file;
  private static Path run;
  private static Path judged;

  @BeforeAll
  static void make(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    run = folder.resolve("run");
    judged = folder.resolve("judged");
    assertThat(harden(run).exit()).isZero();
    assertThat(evaluate(judged).exit()).isZero();
  }

  private static Ran harden(Path out, Object... more) {
    List<Object> all = new ArrayList<>(List.of("harden", file, "--set", "train.epochs=1"));
    all.addAll(List.of("--out", out));
    all.addAll(List.of(more));
    return Ran.command(all.toArray());
  }

  private static Ran evaluate(Path out, Object... more) {
    return onModel("evaluate", out, more);
  }

  private static Ran onModel(String command, Path out, Object... more) {
    List<Object> all = new ArrayList<>(List.of(command, "--model", run.resolve("model.holdfast")));
    all.addAll(List.of("--data", folder.resolve("test.safetensors"), "--examples", 16));
    all.addAll(List.of("--out", out));
    if (!List.of(more).contains("--attack")) {
      all.addAll(List.of("--attack", "fgsm"));
    }
    all.addAll(List.of(more));
    return Ran.command(all.toArray());
  }

  /** Refused with one line that has all of this, and nothing is changed. */
  private static void assertRefused(Path out, Supplier<Ran> command, String... words)
      throws IOException {
    Map<String, String> before = Ran.contents(out);
    Ran ran = command.get();
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).hasLineCount(1).contains(out.toString()).contains(words);
    assertThat(Ran.contents(out)).isEqualTo(before);
  }

  @Test
  void theResultsOfAnotherCommandAreLeftAlone() throws IOException {
    String[] evaluated = {
      "an earlier run of harden", "the results of evaluate", "ledger.parquet", "scorecard.json"
    };
    assertRefused(judged, () -> harden(judged), evaluated);
    assertRefused(judged, () -> harden(judged, "--resume"), evaluated);
    assertRefused(judged, () -> harden(judged, "--dry-run"), evaluated);
    String[] hardened = {"an earlier evaluation", "the results of harden", "model.holdfast"};
    assertRefused(run, () -> evaluate(run), hardened);
    assertRefused(run, () -> evaluate(run, "--resume"), hardened);
    assertRefused(run, () -> onModel("attack", run), "an earlier attack", "the results of harden");
    assertRefused(judged, () -> onModel("attack", judged), "the results of evaluate");
    Path attacked = folder.resolve("attacked");
    assertThat(onModel("attack", attacked).exit()).isZero();
    assertRefused(attacked, () -> evaluate(attacked), "the results of attack");
    assertRefused(attacked, () -> harden(attacked), "the results of attack");
  }

  @Test
  void theirOwnEarlierResultsAreReplacedWithANotice() throws IOException {
    Path first = folder.resolve("first");
    assertThat(notices(() -> harden(first))).doesNotContain("replaced");
    assertThat(notices(() -> harden(first, "--resume"))).doesNotContain("replaced");
    Map<String, String> earlier = Ran.contents(first);
    Path previous = first.resolve("previous");
    assertThat(notices(() -> harden(first, "--set", "seed=8")))
        .contains("the earlier run in " + first + " is moved to " + previous);
    assertThat(Ran.contents(previous)).isEqualTo(earlier);
    assertThat(Files.readString(first.resolve("experiment.json"))).contains("\"seed\" : 8");
    assertThat(notices(() -> harden(first))).contains("is moved to " + previous);
    assertThat(Files.readString(previous.resolve("experiment.json"))).contains("\"seed\" : 8");
    Files.delete(first.resolve("scorecard.json")); // as if it had been killed
    assertThat(notices(() -> harden(first)))
        .contains("the earlier run in " + first + " is replaced");
    Files.writeString(previous.resolve("notes.txt"), "mine");
    assertRefused(first, () -> harden(first), "previous", "found something else");
    Path second = folder.resolve("second");
    assertThat(notices(() -> evaluate(second))).doesNotContain("replaced");
    assertThat(notices(() -> evaluate(second, "--resume"))).doesNotContain("replaced");
    assertThat(notices(() -> evaluate(second, "--seed", 3)))
        .contains("the earlier evaluation in " + second + " is replaced");
    Path third = folder.resolve("third");
    assertThat(notices(() -> onModel("attack", third))).doesNotContain("replaced");
    assertThat(notices(() -> onModel("attack", third)))
        .contains("the earlier attack in " + third + " is replaced");
    for (Path each : List.of(first, second, third)) {
      assertThat(each).isDirectoryNotContaining("glob:**/.*");
    }
  }

  /** The model goes last: what a killed move has left behind is moved too, and nothing is lost. */
  @Test
  void aMoveThatWasKilledGoesOn() throws IOException {
    Path out = folder.resolve("moved");
    assertThat(harden(out).exit()).isZero();
    Map<String, String> earlier = Ran.contents(out);
    Path previous = Files.createDirectories(out.resolve("previous"));
    for (String name : List.of("scorecard.json", "experiment.json", "metrics.jsonl")) {
      Files.move(out.resolve(name), previous.resolve(name));
    }
    assertThat(harden(out, "--resume").exit()).isZero();
    assertThat(Ran.contents(previous)).isEqualTo(earlier);
    Path theirs = folder.resolve("theirs");
    assertThat(harden(theirs).exit()).isZero();
    Files.createDirectories(theirs.resolve("previous"));
    Files.writeString(theirs.resolve("previous/report.html"), "mine");
    Files.writeString(theirs.resolve("previous/model.holdfast"), "mine");
    assertRefused(theirs, () -> harden(theirs), "previous", "found something else");
  }

  /** A run kept in {@code previous} that has lost its model is no move under way. */
  @Test
  void aResumedRunGoesOnWhateverTheOneBeforeHasLost() throws IOException {
    Path out = folder.resolve("resumed");
    assertThat(harden(out).exit()).isZero();
    assertThat(harden(out, "--set", "seed=8").exit()).isZero();
    Path previous = out.resolve("previous");
    Files.delete(previous.resolve("model.holdfast"));
    Files.delete(out.resolve("scorecard.json")); // as if it had been killed while it was judged
    Map<String, String> kept = Ran.contents(previous);
    String trained = Files.readString(out.resolve("metrics.jsonl"));
    assertThat(harden(out, "--set", "seed=8", "--resume").exit()).isZero();
    assertThat(out.resolve("metrics.jsonl")).hasContent(trained);
    assertThat(Ran.contents(previous)).isEqualTo(kept);
  }

  @Test
  void aJournalToReplayIsReadBeforeAFolderIsEmptied() throws IOException {
    Path out = folder.resolve("replayed");
    assertThat(harden(out).exit()).isZero();
    Path notes = Files.writeString(folder.resolve("notes.txt"), "mine\nand mine\n");
    Map<String, String> before = Ran.contents(out);
    for (String dry : List.of("--dry-run", "--json")) {
      Ran ran = harden(out, "--set", "governor.replay=" + notes, dry);
      assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).contains(notes.toString());
    }
    assertThat(Ran.contents(out)).isEqualTo(before);
  }

  /** As {@code report A B --out PAGE} leaves it. */
  @Test
  void aPageOfSomethingElseIsLeftAloneBySeedsAndSearches() throws IOException {
    Path out = Files.createDirectories(folder.resolve("compared"));
    Files.writeString(out.resolve("report.html"), "mine");
    assertRefused(out, () -> harden(out, "--seeds", "1,2"), "several seeds");
    String search = "search={trials: 1, over: {train.batch: [32, 64]}}";
    assertRefused(out, () -> harden(out, "--set", search), "an earlier search of harden");
  }

  /** Both kinds of searches keep a journal of one name. */
  @Test
  void aSearchOfTrainingsAndOneOfAttacksLeaveEachOtherAlone() throws IOException {
    String search = "search={trials: 1, over: {train.batch: [32, 64]}}";
    Path trials = folder.resolve("trials-of-harden");
    assertThat(harden(trials, "--set", search).exit()).isZero();
    Path begun = Files.createDirectories(folder.resolve("begun"));
    Files.copy(trials.resolve("search.jsonl"), begun.resolve("search.jsonl"));
    Object[] attack = {"--attack", "pgd", "--search", "--trials", 2};
    for (Path out : List.of(trials, begun)) {
      assertRefused(out, () -> onModel("attack", out, attack), "the results of harden");
      assertRefused(out, () -> harden(out), "a search of harden");
    }
    Path attacks = folder.resolve("of-attacks");
    assertThat(onModel("attack", attacks, attack).exit()).isZero();
    assertRefused(attacks, () -> harden(attacks, "--set", search), "an earlier search of harden");
    Path stopped = Files.createDirectories(folder.resolve("stopped"));
    Files.copy(attacks.resolve("search.jsonl"), stopped.resolve("search.jsonl"));
    assertRefused(stopped, () -> harden(stopped, "--set", search), "an earlier search of harden");
    assertRefused(stopped, () -> harden(stopped), "the results of attack");
  }

  /** Before training, not at its end. */
  @Test
  void anAttackThatTheAttackerCannotMakeIsRefusedBeforeAnythingIsTrained() {
    Path out = folder.resolve("blind");
    String blind = "threat={perturbation: linf, epsilon: 0.1, knowledge: score}";
    Ran refused =
        harden(out, "--set", blind, "--set", "evaluate={attacks: [pgd], examples: 16, curve: 8}");
    assertThat(refused.exit()).as(refused.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("knowledge").hasLineCount(1);
    assertThat(out).doesNotExist();
    Ran ran =
        harden(out, "--set", blind, "--set", "evaluate={attacks: [square], examples: 4, curve: 8}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(out.resolve("scorecard.json")).exists();
  }

  /** What a command that succeeds says on the process's own error stream. */
  private static String notices(Supplier<Ran> command) {
    PrintStream before = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      Ran ran = command.get();
      assertThat(ran.exit()).as(ran.err()).isZero();
    } finally {
      System.setErr(before);
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  private static Path with(String name, String content) throws IOException {
    Path out = Files.createTempDirectory(folder, "theirs");
    Files.createDirectories(out.resolve(name).getParent());
    Files.writeString(out.resolve(name), content);
    return out;
  }

  @Test
  void filesOfOthersAreLeftAlone() throws IOException {
    String away = "choose another folder, or move it away";
    for (String name : List.of("report.html", "scorecard.json", "ledger.parquet")) {
      Path out = with(name, "mine");
      assertRefused(out, () -> harden(out), name, "files that it would replace", away);
      assertRefused(out, () -> evaluate(out), name, "files that it would replace", away);
    }
    Path model = with("model.holdfast", "mine");
    assertRefused(model, () -> harden(model, "--resume"), "model.holdfast", away);
    Path experiment = with("experiment.json", "{\"participants\": 12}");
    assertRefused(experiment, () -> harden(experiment), "experiment.json", away);
    Path examples = with("adversarial.safetensors", "mine");
    assertRefused(examples, () -> onModel("attack", examples), "adversarial.safetensors", away);
    Path parts = with("attack.d/notes.txt", "mine");
    assertRefused(parts, () -> onModel("attack", parts), "attack.d", away);
    Path report = with("report.html", "mine");
    assertRefused(
        report, () -> Ran.command("quickstart", "--out", report), "report.html", "quickstart");
    Path second = with("hardened/scorecard.json", "mine");
    assertRefused(
        second, () -> Ran.command("quickstart", "--out", second), "hardened", "scorecard.json");
  }
}
