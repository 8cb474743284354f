package io.holdfast.testkit.evaluate;

import static io.holdfast.testkit.evaluate.Suite.TEST;
import static io.holdfast.testkit.evaluate.Suite.withCurve;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.evaluate.EvaluationResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationKillTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private static void runAndDie(Path folder, int advances) throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    JAVA,
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    EvaluationProcess.class.getName(),
                    folder.toString(),
                    Integer.toString(advances)))
            .redirectErrorStream(true)
            .start();
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
}
