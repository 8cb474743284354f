package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.EvaluationProcess.ONE_CHUNK;
import static io.holdfast.testkit.evaluate.EvaluationProcess.ofOneChunk;
import static io.holdfast.testkit.evaluate.Suite.TEST;
import static io.holdfast.testkit.evaluate.Suite.withCurve;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.CheckpointFile;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.testkit.evaluate.EvaluationProcess.Counted;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationKillTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  /** How a process ends that was killed. */
  private static final int SIGKILL = 128 + 9;

  private static ProcessBuilder process(Path folder, String how) {
    return new ProcessBuilder(
            List.of(
                JAVA,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EvaluationProcess.class.getName(),
                folder.toString(),
                how))
        .redirectErrorStream(true);
  }

  private static void runAndDie(Path folder, int advances) throws Exception {
    Process process = process(folder, Integer.toString(advances)).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isEqualTo(EvaluationProcess.DIED);
  }

  @Tag("slow")
  @Test
  void killedTwiceItEndsWithTheSameLedger(@TempDir Path folder) throws Exception {
    Path killed = folder.resolve("killed");
    Path whole = folder.resolve("whole");
    runAndDie(killed, 3);
    runAndDie(killed, 9);
    EvaluationResult resumed = withCurve().folder(killed).resume(true).on(TEST);
    EvaluationResult expected = withCurve().folder(whole).on(TEST);
    for (String file : List.of("ledger.parquet", "examples.jsonl")) {
      assertThat(killed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
    assertThat(resumed.card().withoutTiming()).isEqualTo(expected.card().withoutTiming());
  }

  /** At the pace that users have, by a signal that nobody can catch. */
  @Tag("slow")
  @Test
  void killedWithinAnAttackTheResumedRunTakesOverWhatItsFileHas(@TempDir Path folder)
      throws Exception {
    Path killed = folder.resolve("killed");
    Path whole = folder.resolve("whole");
    runAndKill(killed, folder.resolve("output"));
    assertThat(killed.resolve("scorecard.json")).doesNotExist();
    Counted rest = new Counted(new AtomicInteger(), 0);
    Counted all = new Counted(new AtomicInteger(), 0);
    ofOneChunk(rest).folder(killed).resume(true).on(ONE_CHUNK);
    ofOneChunk(all).folder(whole).on(ONE_CHUNK);
    assertThat(killed.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(whole.resolve("ledger.parquet"));
    assertThat(rest.passes().get()).as("passes").isLessThan(all.passes().get());
    assertThat(killed.resolve(CheckpointFile.NAME)).doesNotExist();
  }

  /** Kills a slow run as soon as its attack has left a file. */
  private static void runAndKill(Path folder, Path output) throws Exception {
    Process process =
        process(folder, EvaluationProcess.SLOWLY).redirectOutput(output.toFile()).start();
    try {
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
      while (!Files.exists(folder.resolve(CheckpointFile.NAME))
          && process.isAlive()
          && System.nanoTime() < end) {
        Thread.sleep(5);
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).as(Files.readString(output)).isEqualTo(SIGKILL);
    assertThat(folder.resolve(CheckpointFile.NAME)).exists();
  }
}
