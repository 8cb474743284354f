package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Json;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.Harden;
import io.holdfast.experiment.SeedRun;
import io.holdfast.record.SeedRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One experiment under several seeds. */
final class SeedsTest {
  private static final String SMALL = "evaluate={attacks: [fgsm], examples: 32, curve: 0}";

  private static Path folder;
  private static Path file;
  private static Path whole;

  @BeforeAll
  static void runWithoutInterruption(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    whole = folder.resolve("whole");
    Ran ran = harden(whole, "--seeds", "3,4");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("sd", "clean accuracy", "under fgsm", "report:");
  }

  private static Ran harden(Path out, String... more) {
    Object[] args = new Object[6 + more.length];
    args[0] = "harden";
    args[1] = file;
    args[2] = "--out";
    args[3] = out;
    args[4] = "--set";
    args[5] = SMALL;
    System.arraycopy(more, 0, args, 6, more.length);
    return Ran.command(args);
  }

  @Test
  void eachSeedIsARunOfItsOwn() throws IOException {
    Path alone = folder.resolve("alone");
    assertThat(harden(alone, "--set", "seed=4").exit()).isZero();
    assertThat(StagesTest.bits(alone)).isEqualTo(StagesTest.bits(whole.resolve("seed-4")));
    SeedRuns runs = SeedRuns.read(whole);
    assertThat(runs.runs()).extracting(SeedRuns.Run::seed).containsExactly(3L, 4L);
    double mean =
        runs.runs().stream()
            .mapToDouble(run -> Objects.requireNonNull(run.figures().get("under fgsm")))
            .average()
            .orElseThrow();
    assertThat(Objects.requireNonNull(runs.figures().get("under fgsm")).mean()).isEqualTo(mean);
    assertThat(whole.resolve("report.html"))
        .content()
        .contains("How the result varies over seeds", "Standard deviation", "Seed 3", "Seed 4");
  }

  @Test
  void eachSeedHasItsBudgetsAnew() {
    Path out = folder.resolve("governed");
    Ran ran = harden(out, "--seeds", "3,4", "--set", "governor={deadline: 1h}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    for (String seed : List.of("seed-3", "seed-4")) {
      assertThat(Governed.summary(out.resolve(seed)).why())
          .as(seed)
          .startsWith("gave up nothing; ")
          .endsWith(" of 1:00:00 used");
    }
  }

  /** The first run had ended, the second had begun when it was killed. */
  @Test
  void resumedItEndsWithTheSameFiles() throws IOException {
    Path out = folder.resolve("half");
    assertThat(harden(out, "--seeds", "3,4").exit()).isZero();
    Files.delete(out.resolve(SeedRuns.FILE));
    for (String name : new String[] {"model.holdfast", "scorecard.json", "ledger.parquet"}) {
      Files.delete(out.resolve("seed-4").resolve(name));
    }
    Map<String, String> first = StagesTest.bits(out.resolve("seed-3"));
    Ran ran = harden(out, "--seeds", "3,4", "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(out.resolve("seed-3/previous")).doesNotExist();
    assertThat(StagesTest.bits(out.resolve("seed-3"))).isEqualTo(first);
    assertThat(StagesTest.bits(out.resolve("seed-4")))
        .isEqualTo(StagesTest.bits(whole.resolve("seed-4")));
    assertThat(out.resolve(SeedRuns.FILE)).hasSameTextualContentAs(whole.resolve(SeedRuns.FILE));
    Ran more = harden(out, "--seeds", "3,4,5", "--resume", "--json");
    assertThat(more.exit()).as(more.err()).isZero();
    assertThat(Json.parse(more.out(), "out").at("/runs/2/seed").asLong()).isEqualTo(5);
    Ran compared = Ran.command("compare", whole, out);
    assertThat(compared.exit()).as(compared.err()).isZero();
    assertThat(compared.out())
        .contains("under fgsm", "+0.0", "seed by seed, over 2 that both have");
    assertThat(Ran.command("compare", whole, whole.resolve("seed-3")).err())
        .contains("several seeds: compare them with another folder of seeds");
    assertThat(Ran.command("compare", whole.resolve("seed-3"), whole.resolve("seed-4")).out())
        .contains("the same samples, compared one by one");
  }

  private static void stop(Stopper stopper, String task) {
    if (task.contains("training")) {
      stopper.request();
    }
  }

  /** Killed in its first seed, where all of them had been run with other settings before. */
  @Test
  void aFreshRunOverAnOlderOneCanBeResumed() throws IOException {
    Path out = folder.resolve("older");
    assertThat(harden(out, "--seeds", "3,4", "--set", "train.batch=8").exit()).isZero();
    Stopper stopper = Stopper.manual();
    List<String> tasks = new ArrayList<>();
    Progress soon =
        (title, total, unit) -> {
          tasks.add(title);
          return n -> stop(stopper, title);
        };
    Experiment anew = Experiment.read(file, List.of(SMALL, "seeds=[3, 4]"));
    Harden.Options options = new Harden.Options(out, false, 0, soon, stopper, "");
    SeedRun killed = new SeedRun(anew, LocalDate.now(ZoneId.systemDefault()), options);
    assertThatThrownBy(killed::run).isInstanceOf(RunInterruptedException.class);
    assertThat(tasks) // of data that both seeds have
        .filteredOn(task -> task.endsWith("checking the data"))
        .hasSize(1);
    assertThat(out.resolve("seed-4/previous/model.holdfast")).exists();
    Ran ran = harden(out, "--seeds", "3,4", "--resume");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(out.resolve(SeedRuns.FILE)).hasSameTextualContentAs(whole.resolve(SeedRuns.FILE));
  }

  @Test
  void aSeedThatDivergesKeepsNoOtherFromRunning() {
    Path out = folder.resolve("diverged");
    Ran ran =
        harden(
            out, "--seeds", "3,4", "--set", "train.optimiser={name: sgd, learning_rate: 1.0e30}");
    assertThat(ran.exit()).isEqualTo(Exit.FAILED);
    assertThat(ran.err()).contains("seed 3: training", "seed 4: training", "diverged");
    assertThat(out.resolve("seed-4/experiment.json")).exists();
    assertThat(out.resolve("seeds.json")).doesNotExist();
  }

  @Test
  void gatesAreForEveryRunAndMistakesAreTold() {
    Ran gated = harden(whole, "--seeds", "3,4", "--resume", "--require", "clean_accuracy>=99%");
    assertThat(gated.exit()).isEqualTo(Exit.GATE_NOT_MET);
    Ran twice = harden(folder.resolve("twice"), "--seeds", "3,3");
    assertThat(twice.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(twice.err()).contains("seeds", "each seed once");
    Ran word = harden(folder.resolve("word"), "--set", "seeds=[1, two]");
    assertThat(word.err()).contains("seeds[1]", "an integer");
    assertThat(folder.resolve("twice")).doesNotExist();
    Ran other = harden(whole.resolve("seed-3"), "--seeds", "1,2");
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err()).contains("earlier runs of several seeds");
    Ran dry = harden(folder.resolve("dry"), "--seeds", "1,2", "--dry-run");
    assertThat(dry.exit()).as(dry.err()).isZero();
    assertThat(dry.err()).contains("for each of 2 seeds");
  }
}
