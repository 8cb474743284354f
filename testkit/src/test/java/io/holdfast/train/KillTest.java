package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.train.Run.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are killed, interrupted, and run out of disk. */
@EnabledOnOs(OS.LINUX)
class KillTest {
  private static final int KILLS = 5;
  private static final int MANY_KILLS = 20;
  private static final long LONGEST_LIFE_MILLIS = 350;

  private static @Nullable Outcome uninterrupted;

  private final Path folder;

  KillTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** What the run comes to when nothing stops it. */
  private static Outcome whole() {
    Outcome done = uninterrupted;
    if (done == null) {
      done = TrainingProcess.run(null).go();
      uninterrupted = done;
    }
    return done;
  }

  private static Process start(List<String> before, List<String> options, String... arguments)
      throws IOException {
    return new ProcessBuilder(TrainingProcess.command(before, options, arguments))
        .redirectErrorStream(true)
        .start();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Waits until the process has trained one step. */
  private static void awaitFirstStep(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    while (line != null && !line.equals("go")) {
      line = out.readLine();
    }
    assertThat(line).as("the process trained").isEqualTo("go");
  }

  @Test
  void killedAtAnyMomentTheResumedRunEndsWithTheSameBits() throws Exception {
    resumedAfter(KILLS);
  }

  @Tag("slow")
  @Test
  void killedManyTimesTheResumedRunEndsWithTheSameBits() throws Exception {
    resumedAfter(MANY_KILLS);
  }

  private void resumedAfter(int kills) throws Exception {
    Outcome whole = TrainingProcess.run(folder.resolve("whole")).go();
    Path killed = folder.resolve("killed");
    RandomGenerator random = new Seed(11).generator();
    for (int kill = 0; kill < kills; kill++) {
      Process process = start(List.of(), List.of(), "slow", killed.toString());
      awaitFirstStep(process);
      boolean ended = process.waitFor(random.nextLong(LONGEST_LIFE_MILLIS), TimeUnit.MILLISECONDS);
      assertThat(ended).as("the run is long enough for all kills").isFalse();
      process.destroyForcibly().waitFor();
      assertThat(leftovers(killed)).as("half-written files").isLessThanOrEqualTo(1);
    }
    Process last = start(List.of(), List.of(), "fast", killed.toString());
    assertThat(output(last)).contains("weights " + whole.weights());
    assertThat(last.waitFor()).isZero();
    assertThat(Run.metrics(killed)).isEqualTo(Run.metrics(folder.resolve("whole")));
    assertThat(TrainingProcess.run(killed).go()).isEqualTo(whole);
  }

  private static long leftovers(Path place) throws IOException {
    try (var files = Files.list(place)) {
      return files.filter(f -> f.getFileName().toString().contains(".tmp-")).count();
    }
  }

  @Test
  void ctrlCEndsWithACheckpointAndAMessage() throws Exception {
    // A parent shell may have made its children ignore the signal.
    Process process =
        start(List.of("env", "--default-signal=INT"), List.of(), "slow", folder.toString());
    awaitFirstStep(process);
    Process signal = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
    assertThat(signal.waitFor()).isZero();
    StringBuilder rest = new StringBuilder();
    process.inputReader(StandardCharsets.UTF_8).lines().forEach(l -> rest.append(l).append('\n'));
    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(rest).contains("stopping at the next safe point").contains("--resume to go on");
    int[] steps = new int[1];
    Run resumed = TrainingProcess.run(folder);
    resumed.progress = Run.afterEachStep(done -> steps[0] = done);
    Outcome outcome = resumed.go();
    assertThat(steps[0]).isBetween(1, TrainingProcess.STEPS - 1);
    assertThat(outcome).isEqualTo(whole());
  }

  @Test
  void aFullDiskIsOneMessageAndTheLastCheckpointStands() throws Exception {
    // No file may grow beyond 48 KiB: metrics.jsonl does so in the middle of the run.
    Process process =
        start(
            List.of("sh", "-c", "ulimit -f 96; exec \"$@\"", "sh"),
            List.of(),
            "fast",
            folder.toString());
    String output = output(process);
    assertThat(process.waitFor()).as(output).isEqualTo(1);
    assertThat(output.lines().filter(line -> line.startsWith("failed: ")))
        .singleElement()
        .asString()
        .contains(RunLog.FILE);
    assertThat(output).doesNotContain("\tat ");
    assertThat(TrainingProcess.run(folder).go()).isEqualTo(whole());
  }

  @Test
  void exhaustedMemoryIsOneMessageAndTheLastCheckpointStands() throws Exception {
    List<String> options = List.of("-Dholdfast.memory.limit=700m", "-XX:MaxDirectMemorySize=2g");
    Process process = start(List.of(), options, "hoard", folder.toString());
    String output = output(process);
    assertThat(process.waitFor()).as(output).isEqualTo(1);
    assertThat(output.lines().filter(line -> line.startsWith("failed: ")))
        .singleElement()
        .asString()
        .contains("out of memory")
        .contains("its limit is 700 MiB")
        .contains("holdfast.memory.limit");
    assertThat(output).doesNotContain("\tat ");
    assertThat(leftovers(folder)).as("half-written files").isZero();
    int[] steps = new int[1];
    Run resumed = TrainingProcess.run(folder);
    resumed.progress = Run.afterEachStep(done -> steps[0] = done);
    assertThat(resumed.go()).isEqualTo(whole());
    assertThat(TrainingProcess.STEPS - steps[0])
        .as("steps that the checkpoint kept")
        .isBetween(TrainingProcess.HOARDED_FROM, TrainingProcess.STEPS - 1);
  }

  @Test
  void memoryIsFlatWithoutThePointerCollector() throws Exception {
    memoryIsFlat("-Dorg.bytedeco.javacpp.nopointergc=true", 1200);
  }

  @Tag("slow")
  @Test
  void memoryIsFlatOver5000Steps() throws Exception {
    memoryIsFlat("-Dorg.bytedeco.javacpp.nopointergc=true", 5000);
  }

  @Tag("slow")
  @Test
  void memoryIsFlatWithThePointerCollector() throws Exception {
    memoryIsFlat("-Dorg.bytedeco.javacpp.nopointergc=false", 1200);
  }

  private static void memoryIsFlat(String option, int steps) throws Exception {
    Process process = start(List.of(), List.of(option), "memory", Integer.toString(steps));
    List<Double> megabytes =
        output(process).lines().filter(l -> l.matches("[0-9.]+")).map(Double::valueOf).toList();
    assertThat(process.waitFor()).isZero();
    assertThat(megabytes).hasSize(10);
    assertThat(megabytes.get(9) - megabytes.get(3)).as(megabytes.toString()).isLessThan(15);
  }
}
