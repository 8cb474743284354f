package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.experiment.track.StubServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Experiments that are told to a tracking server while they run. */
final class TrackingTest {
  private static Path folder;
  private static Path file;
  private static Path untold;

  @BeforeAll
  static void runUntold(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    untold = folder.resolve("untold");
    assertThat(harden(untold).exit()).isZero();
  }

  private static Ran harden(Path out, String... more) {
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", out));
    args.addAll(Arrays.asList(more));
    return Ran.command(args.toArray());
  }

  private static String track(String server) {
    return "track={mlflow: \"" + server + "\", experiment: our runs}";
  }

  @Test
  void aRunIsTheSameWithAndWithoutAServer() throws IOException {
    Path told = folder.resolve("told");
    try (StubServer server = new StubServer(0)) {
      Ran ran = harden(told, "--set", track(server.address()));
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(server.calls)
          .contains("POST /api/2.0/mlflow/runs/create", "POST /api/2.0/mlflow/runs/update")
          .anyMatch(call -> call.endsWith("/run-1/artifacts/model.holdfast"));
    }
    assertThat(StagesTest.bits(told)).isEqualTo(StagesTest.bits(untold));
    assertThat(told.resolve("tracking.json")).content().contains("FINISHED");
    Path alone = folder.resolve("alone");
    Ran down = harden(alone, "--set", track("http://localhost:1"));
    assertThat(down.exit()).as(down.err()).isZero();
    assertThat(StagesTest.bits(alone)).isEqualTo(StagesTest.bits(untold));
    assertThat(alone.resolve("tracking.jsonl")).content().containsOnlyOnce("unreachable");
    try (StubServer server = new StubServer(0)) { // another address is no other run
      Ran resumed = harden(alone, "--resume", "--set", track(server.address()));
      assertThat(resumed.exit()).as(resumed.err()).isZero();
      assertThat(server.calls).anyMatch(call -> call.endsWith("/artifacts/report.html"));
    }
    assertThat(StagesTest.bits(alone)).isEqualTo(StagesTest.bits(untold));
    Ran afresh = harden(alone);
    assertThat(afresh.exit()).as(afresh.err()).isZero();
    assertThat(alone.resolve("tracking.json")).doesNotExist();
    assertThat(alone.resolve("previous/tracking.json")).exists();
  }

  @Test
  void eachSeedIsARunOnTheServer() throws IOException {
    try (StubServer server = new StubServer(0)) {
      Ran ran =
          harden(
              folder.resolve("seeds"),
              "--seeds",
              "1,2",
              "--set",
              "train.epochs=1",
              "--set",
              track(server.address()));
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(server.calls.stream().filter(call -> call.endsWith("runs/create"))).hasSize(2);
    }
  }

  @Test
  void eachTrialIsARunOnTheServer() throws IOException {
    try (StubServer server = new StubServer(0)) {
      Path out = folder.resolve("search");
      Ran ran =
          harden(
              out,
              "--set",
              "search={trials: 2, method: random, over: {train.attack.steps: [1, 2]}}",
              "--set",
              "train.epochs=1",
              "--set",
              track(server.address()));
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(server.runs()).isEqualTo(2);
      assertThat(server.updates.stream().map(update -> update.path("run_id").asText()).distinct())
          .containsExactlyInAnyOrder("run-1", "run-2");
      assertThat(server.updates.stream().map(update -> update.path("status").asText()))
          .as("the best is trained and judged")
          .containsOnlyOnce("FINISHED");
    }
  }

  /** Of a real process, told to stop by Ctrl-C. */
  @EnabledOnOs({OS.LINUX, OS.MAC})
  @Test
  void anInterruptedRunIsKilledThereUntilItGoesOn() throws Exception {
    Path out = folder.resolve("interrupted");
    try (StubServer server = new StubServer(0)) {
      String told = track(server.address());
      Path metrics = out.resolve("metrics.jsonl");
      Process process =
          RealProcess.start(
              folder, "harden", file, "--out", out, "--set", told, "--set", "train.epochs=40");
      RealProcess.await(process, metrics, "\"event\":\"epoch\"");
      RealProcess.signal(process, "INT");
      assertThat(RealProcess.end(process)).isEqualTo(Exit.INTERRUPTED);
      assertThat(server.updates.get(server.updates.size() - 1).path("status").asText())
          .isEqualTo("KILLED");
      Ran resumed = harden(out, "--resume", "--set", told, "--set", "train.epochs=40");
      assertThat(resumed.exit()).as(resumed.err()).isZero();
      assertThat(server.updates.get(server.updates.size() - 1).path("status").asText())
          .isEqualTo("FINISHED");
      assertThat(server.runs()).isEqualTo(1);
    }
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    Ran ran = harden(folder.resolve("bad"), "--set", track("localhost:5000"));
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("track.mlflow", "http://localhost:5000");
    Ran none = harden(folder.resolve("bad"), "--set", "track={experiment: x, mlflo: y}");
    assertThat(none.err()).contains("track.mlflow", "track.mlflo:");
  }

  @Test
  void theExampleIsRun() {
    Path out = folder.resolve("example");
    try (StubServer server = new StubServer(0)) {
      Ran ran =
          Ran.command(
              "harden",
              Path.of("..", "examples", "tracked.yaml"),
              "--out",
              out,
              "--set",
              "track.mlflow=" + server.address(),
              "--set",
              "track.experiment=our runs",
              "--set",
              "model.architecture=mlp[hidden=8]",
              "--set",
              "train.batch=4096",
              "--set",
              "train.epochs=1",
              "--set",
              "train.attack.steps=1",
              "--set",
              "train.validation.examples=8",
              "--set",
              "evaluate={attacks: [fgsm], examples: 8, curve: 0}");
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(server.calls).anyMatch(call -> call.endsWith("/artifacts/model.holdfast"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
