package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Examples that are stopped by Ctrl-C in the middle and resumed: the same bits as without. */
@Tag("slow")
@EnabledOnOs({OS.LINUX, OS.MAC})
final class ExamplesResumedTest {
  private static final Path EXAMPLES = Path.of("..", "examples");
  private static final String MODEL = "model.holdfast";

  private final Path folder;
  private final Path stopped;

  ExamplesResumedTest(@TempDir Path folder) {
    this.folder = folder;
    stopped = folder.resolve("stopped");
  }

  /** Stopped in the training of the second seed. */
  @Test
  void severalSeeds() throws Exception {
    List<Object> run = smaller("seeds", "seeds=[2, 3]");
    interrupt(run, stopped.resolve("seed-3/metrics.jsonl"), 3);
    assertThat(stopped.resolve("seed-2").resolve(MODEL)).exists();
    assertThat(stopped.resolve("seed-3").resolve(MODEL)).doesNotExist();
    assertSameWithout(run, 2);
  }

  /** Stopped in the second of four stages. */
  @Test
  void stages() throws Exception {
    List<Object> run =
        smaller("stages", "stages[1].epochs=3", "stages[2].layers.trained=1", "stages[3].epochs=1");
    interrupt(run, stopped.resolve("stages/harden/metrics.jsonl"), 3);
    assertThat(stopped.resolve("stages/pretrain").resolve(MODEL)).exists();
    assertThat(stopped.resolve("stages/harden").resolve(MODEL)).doesNotExist();
    assertSameWithout(run, 5);
  }

  /** Stopped when two of three trials have been through their first rung. */
  @Test
  void aSearch() throws Exception {
    List<Object> run = smaller("search", "search.trials=3");
    interrupt(run, stopped.resolve("search.jsonl"), 3);
    assertThat(stopped.resolve("search.json")).doesNotExist();
    assertSameWithout(run, 1);
    assertThat(stopped.resolve("search.json"))
        .hasSameBinaryContentAs(folder.resolve("whole/search.json"));
  }

  /** Stopped while the student learns. */
  @Test
  void aStudent() throws Exception {
    Path first = folder.resolve("teacher");
    command(smaller("fashion-trades"), first, List.of());
    String teacher = "train.objective.teacher=" + first.resolve(MODEL);
    List<Object> run = smaller("distil", teacher);
    interrupt(run, stopped.resolve("metrics.jsonl"), 3);
    assertThat(stopped.resolve(MODEL)).doesNotExist();
    assertSameWithout(run, 1);
  }

  /** An example with three epochs of eleven steps, each with its checkpoint. */
  private static List<Object> smaller(String example, String... settings) {
    List<Object> args = new ArrayList<>(List.of("harden", EXAMPLES.resolve(example + ".yaml")));
    List<String> all =
        new ArrayList<>(
            List.of(
                "model.architecture=mlp[hidden=8]",
                "train.epochs=3",
                "train.batch=1024",
                "train.attack.steps=1",
                "train.checkpoint.steps=1",
                "train.validation.examples=8",
                "evaluate={attacks: [fgsm], examples: 8, curve: 0}"));
    all.addAll(Arrays.asList(settings));
    all.forEach(setting -> args.addAll(List.of("--set", setting)));
    return args;
  }

  /** Starts it as a process and stops it when a file has so many lines. */
  private void interrupt(List<Object> run, Path file, int lines) throws Exception {
    List<Object> args = new ArrayList<>(run);
    args.addAll(List.of("--out", stopped));
    Process process = RealProcess.start(folder, args.toArray());
    while (!Files.exists(file) || Files.readString(file).lines().count() < lines) {
      assertThat(process.waitFor(1, TimeUnit.MILLISECONDS))
          .as(() -> "goes on: " + read(folder.resolve("err.txt")))
          .isFalse();
    }
    RealProcess.signal(process, "INT");
    assertThat(RealProcess.end(process)).isEqualTo(Exit.INTERRUPTED);
    assertThat(folder.resolve("err.txt")).content().contains("--resume");
  }

  /** Resumes what was stopped, runs it from the start beside it, and compares. */
  private void assertSameWithout(List<Object> run, int models) throws IOException {
    command(run, stopped, List.of("--resume"));
    Path whole = folder.resolve("whole");
    command(run, whole, List.of());
    Map<String, String> expected = results(whole);
    assertThat(expected.keySet().stream().filter(n -> n.endsWith(MODEL))).hasSize(models);
    assertThat(results(stopped)).isEqualTo(expected);
    assertThat(stopped.resolve("report.html")).exists();
  }

  private static void command(List<Object> run, Path out, List<Object> more) {
    List<Object> args = new ArrayList<>(run);
    args.addAll(List.of("--out", out));
    args.addAll(more);
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  /** Hashes of models and ledgers, which hold no times, by their places. */
  private static Map<String, String> results(Path out) throws IOException {
    return Ran.contents(out).entrySet().stream()
        .filter(e -> e.getKey().endsWith(MODEL) || e.getKey().endsWith(".parquet"))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
