package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are killed and interrupted while they harden. */
@EnabledOnOs({OS.LINUX, OS.MAC})
final class ResumeTest {
  private static final int INTERRUPT_AT = 40;
  private static final int KILLED = 128 + 9;

  private static Path folder;
  private static Path file;
  private static Path whole;

  @BeforeAll
  static void runWithoutInterruption(@TempDir Path directory) throws Exception {
    folder = directory;
    file = Ran.experiment(folder);
    whole = folder.resolve("whole");
    assertThat(RealProcess.end(start(whole))).isZero();
  }

  /** Long enough to be killed in the middle, with a checkpoint every other step. */
  private static Process start(Path out, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "harden",
                file.toString(),
                "--out",
                out.toString(),
                "--set",
                "train.epochs=40",
                "--set",
                "train.checkpoint.steps=2",
                "--set",
                "evaluate.attacks=pgd[steps=20,restarts=3]"));
    arguments.addAll(List.of(more));
    return RealProcess.start(folder, arguments.toArray());
  }

  private static long lines(Path out) throws IOException {
    Path metrics = out.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return 0;
    }
    return Files.readString(metrics).lines().count();
  }

  /** Waits until the run has done some steps; false if it ended before. */
  private static boolean reach(Process process, Path out, long steps) throws Exception {
    while (lines(out) < steps) {
      if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
        return false;
      }
    }
    return true;
  }

  @Tag("slow")
  @Test
  void killedAtAnyMomentAndResumedItEndsWithTheSameBits() throws Exception {
    Path out = folder.resolve("killed");
    Random random = new Random(11);
    int steps = 20 + random.nextInt(60);
    Path model = out.resolve("model.holdfast");
    killWhen(() -> lines(out) >= steps, out);
    assertThat(model).as("killed in training").doesNotExist();
    killWhen(() -> begun(out, model.getFileName().toString()), out);
    assertThat(out.resolve("scorecard.json")).as("killed near the bundle's writing").doesNotExist();
    killWhen(() -> Files.exists(out.resolve("ledger.d")), out);
    assertThat(model).as("killed in the evaluation").exists();
    assertThat(out.resolve("scorecard.json")).doesNotExist();
    assertThat(RealProcess.end(start(out, "--resume"))).isZero();
    assertSame(out);
  }

  /** Looks at the files of a run. */
  private interface Moment {
    boolean hasCome() throws IOException;
  }

  /** Goes on with the run until the moment comes, which it must, and kills it then. */
  private static void killWhen(Moment moment, Path out) throws Exception {
    Process process = start(out, "--resume");
    while (!moment.hasCome()) {
      assertThat(process.waitFor(1, TimeUnit.MILLISECONDS)).as("still runs").isFalse();
    }
    process.destroyForcibly();
    assertThat(RealProcess.end(process)).as("killed").isEqualTo(KILLED);
  }

  /** Whether a file is there, or is being written under another name. */
  private static boolean begun(Path out, String name) throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files.anyMatch(file -> file.getFileName().toString().contains(name));
    }
  }

  @Test
  void ctrlCLeavesACheckpointAndSaysHowToGoOn() throws Exception {
    Path out = folder.resolve("interrupted");
    Process process = start(out);
    assertThat(reach(process, out, INTERRUPT_AT)).isTrue();
    RealProcess.signal(process, "INT");
    assertThat(RealProcess.end(process)).isEqualTo(Exit.INTERRUPTED);
    assertThat(folder.resolve("err.txt")).content().contains("--resume");
    assertThat(out.resolve("checkpoint.safetensors")).exists();
    assertThat(out.resolve("model.holdfast")).doesNotExist();
    assertThat(RealProcess.end(start(out, "--resume"))).isZero();
    assertSame(out);
  }

  /** An attack of many rounds on samples that mostly hold, after little training. */
  private static Process startLongEvaluation(Path out, String... more) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--set",
                "train.epochs=20",
                "--set",
                "threat.epsilon=0.01",
                "--set",
                "evaluate={attacks: [fgsm, \"pgd[steps=50,restarts=15]\"], examples: 64, curve: 0}"));
    all.addAll(List.of(more));
    return start(out, all.toArray(String[]::new));
  }

  @Test
  void ctrlCDuringTheEvaluationKeepsModelAndLedger() throws Exception {
    Path all = folder.resolve("evaluated");
    assertThat(RealProcess.end(startLongEvaluation(all))).isZero();
    Path out = folder.resolve("evaluation-interrupted");
    Process process = startLongEvaluation(out);
    RealProcess.await(process, out.resolve("metrics.jsonl"), "\"phase\":\"fgsm\"");
    RealProcess.signal(process, "INT");
    assertThat(RealProcess.end(process)).isEqualTo(Exit.INTERRUPTED);
    assertThat(folder.resolve("err.txt")).content().contains("--resume");
    assertThat(out.resolve("model.holdfast")).exists();
    assertThat(out.resolve("ledger.d")).exists();
    assertThat(out.resolve("scorecard.json")).doesNotExist();
    long steps = lines(out);
    assertThat(RealProcess.end(startLongEvaluation(out, "--resume"))).isZero();
    assertThat(lines(out)).as("only the last attack was run again").isEqualTo(steps + 1);
    assertSame(out, all);
  }

  private static void assertSame(Path out) {
    assertSame(out, whole);
  }

  private static void assertSame(Path out, Path whole) {
    assertThat(out.resolve("attack.checkpoint")).doesNotExist();
    assertThat(out.resolve("model.holdfast"))
        .hasSameBinaryContentAs(whole.resolve("model.holdfast"));
    assertThat(out.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(whole.resolve("ledger.parquet"));
    assertThat(Scorecard.read(out.resolve("scorecard.json")).withoutTiming())
        .isEqualTo(Scorecard.read(whole.resolve("scorecard.json")).withoutTiming());
  }
}
