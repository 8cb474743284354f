package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that evaluate: interrupted, killed, and met by others in the same folder. */
@EnabledOnOs(OS.LINUX)
final class BusyFolderTest {
  private static Path folder;
  private static Path weights;
  private static Path whole;

  @BeforeAll
  static void evaluateWithoutInterruption(@TempDir Path directory) {
    folder = directory;
    weights = folder.resolve("weights.safetensors");
    try (Network network = Architectures.mlp(Shape.of(1, 28, 28), 10, 8).initialise(new Seed(5))) {
      Safetensors.write(weights, network.weights(), Map.of());
    }
    whole = folder.resolve("whole");
    Ran ran = Ran.command(evaluation(whole));
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  /** Many rounds on samples that mostly hold. */
  private static Object[] evaluation(Path out, Object... more) {
    List<Object> args = new ArrayList<>(List.of("evaluate", "--model", weights));
    args.addAll(List.of("--architecture", "mlp", "--data", "embedded:fashion-mnist/test"));
    args.addAll(List.of("--threat", "linf:0.001", "--examples", 600));
    args.addAll(List.of("--attack", "fgsm,pgd[steps=50,restarts=8]", "--out", out));
    args.addAll(List.of(more));
    return args.toArray();
  }

  /** Starts it and waits until the first attack has ended. */
  private static Process startAndReachTheSecondAttack(Path out) throws Exception {
    Process process = RealProcess.start(folder, evaluation(out));
    RealProcess.await(process, out.resolve("metrics.jsonl"), "\"phase\":\"fgsm\"");
    return process;
  }

  private static void resume(Path out) {
    Ran ran = Ran.command(evaluation(out, "--resume"));
    assertThat(ran.exit()).as(ran.err()).isZero();
    for (String name : List.of("ledger.parquet", "examples.jsonl")) {
      assertThat(out.resolve(name)).hasSameBinaryContentAs(whole.resolve(name));
    }
    assertThat(Scorecard.read(out.resolve("scorecard.json")).withoutTiming())
        .isEqualTo(Scorecard.read(whole.resolve("scorecard.json")).withoutTiming());
    assertThat(out).isDirectoryNotContaining("glob:**/.*");
  }

  @Test
  void ctrlCSaysHowToGoOnAndTheResumedLedgerIsTheSame() throws Exception {
    Path out = folder.resolve("interrupted");
    Process process = startAndReachTheSecondAttack(out);
    RealProcess.signal(process, "INT");
    assertThat(RealProcess.end(process)).isEqualTo(Exit.INTERRUPTED);
    assertThat(folder.resolve("err.txt"))
        .content()
        .contains("stopping at the next safe point", "run again with --resume to go on")
        .doesNotContain("\tat ");
    assertThat(out.resolve("ledger.d")).exists();
    assertThat(out.resolve("scorecard.json")).doesNotExist();
    assertThat(out).isDirectoryNotContaining("glob:**/.*");
    resume(out);
  }

  @Test
  void othersAreRefusedUntilTheProcessIsKilled() throws Exception {
    Path out = folder.resolve("killed");
    Process process = startAndReachTheSecondAttack(out);
    RealProcess.signal(process, "STOP"); // so that nothing changes but by the others
    Map<String, String> before = Ran.contents(out);
    assertRefused(out, evaluation(out));
    assertRefused(out, evaluation(out, "--resume"));
    assertRefused(out, "harden", Ran.experiment(folder), "--out", out);
    assertRefused(out, "quickstart", "--out", out);
    assertRefused(
        out,
        "attack",
        "--model",
        weights,
        "--architecture",
        "mlp",
        "--data",
        "embedded:fashion-mnist/test",
        "--threat",
        "linf:0.1",
        "--attack",
        "fgsm",
        "--out",
        out);
    assertThat(Ran.contents(out)).isEqualTo(before);
    process.destroyForcibly();
    RealProcess.end(process);
    resume(out);
  }

  private static void assertRefused(Path out, Object... command) throws IOException {
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .hasLineCount(1)
        .contains(out.toString(), "another process is writing into", "wait for it to end");
  }
}
