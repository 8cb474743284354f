package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hardening as a process of its own under pressure from outside, each time beside a control: the
 * same pressure without a governor.
 */
@Tag("slow")
@Tag("alone")
@EnabledOnOs(OS.LINUX)
final class PressureTest {
  private static final int EPOCHS = 100; // of four steps
  private static final double AMPLE = 1.2; // of what a quiet run takes: without pressure, enough
  private static final double STANDSTILL = 0.6; // of what a quiet run takes
  private static final double WRITING = 1.5; // seconds, of a process that has just begun
  private static final int SIDE = 512; // pixels: 1 MiB for each image in float32
  private static final String LIMIT = "700m";

  private static Path folder;
  private static Path file;
  private static double quiet; // seconds that training takes
  private static double deadline;

  @BeforeAll
  static void timeWithoutPressure(@TempDir Path directory) throws Exception {
    folder = directory;
    file = Ran.experiment(folder);
    quiet = seconds(start("quiet"), "quiet");
    deadline = AMPLE * quiet;
  }

  private static Process start(String name, String... more) throws IOException {
    Path out = Files.createDirectories(folder.resolve(name));
    List<Object> all = new ArrayList<>(List.of("harden", file, "--out", out.resolve("run")));
    all.addAll(List.of("--set", "train.attack={name: pgd, steps: 20, step_size: 0.01}"));
    all.addAll(List.of("--set", "train.epochs=" + EPOCHS));
    all.addAll(List.of(more));
    return RealProcess.start(out, all.toArray());
  }

  private static Process governed(String name, String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of("--set", Governed.deadline(deadline)));
    all.addAll(List.of(more));
    return start(name, all.toArray(String[]::new));
  }

  private static Path out(String name) {
    return folder.resolve(name).resolve("run");
  }

  /** Seconds from the first step to the end of training, by a clock outside of the process. */
  private static double seconds(Process process, String name, Pressure pressure) throws Exception {
    await(process, () -> holds(name, "metrics.jsonl", "\"step\":1,"));
    long begin = System.nanoTime();
    pressure.on(process);
    await(
        process,
        () ->
            holds(name, Journal.FILE, "\"what\":\"summary\"")
                || Files.exists(out(name).resolve("model.holdfast")));
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(RealProcess.end(process)).as(errors(name)).isZero();
    return seconds;
  }

  private interface Pressure {
    void on(Process process) throws Exception;
  }

  private static double seconds(Process process, String name) throws Exception {
    return seconds(process, name, p -> {});
  }

  /** As {@link RealProcess#await}, without taking a core for it. */
  private static void await(Process process, Callable<Boolean> there) throws Exception {
    while (!there.call()) {
      assertThat(process.waitFor(20, TimeUnit.MILLISECONDS)).as("it goes on").isFalse();
    }
  }

  private static boolean holds(String name, String file, String text) throws IOException {
    Path there = out(name).resolve(file);
    return Files.exists(there) && Files.readString(there).contains(text);
  }

  private static String errors(String name) throws IOException {
    return Files.readString(folder.resolve(name).resolve("err.txt"));
  }

  private static List<Decision> decisions(String name, What what) {
    return Journal.read(out(name).resolve(Journal.FILE)).stream()
        .filter(d -> d.what() == what)
        .toList();
  }

  private static void assertMissed(double seconds) {
    assertThat(seconds).as("the control misses it").isGreaterThan(Governed.TOLERANCE * deadline);
  }

  private static void assertKept(String name, double seconds) throws IOException {
    assertThat(seconds).isLessThan(Governed.TOLERANCE * deadline);
    Governed.assertKept(out(name), deadline);
    assertThat(decisions(name, What.ATTACK_STEPS).get(0).why())
        .startsWith("what is left would not suffice");
  }

  // ---- too little time

  @Test
  void halfOfTheTimeIsKeptToByAClockOutside() throws Exception {
    double half = quiet / 2;
    double seconds = seconds(start("half", "--set", Governed.deadline(half)), "half");
    assertThat(seconds).isLessThan(Governed.TOLERANCE * half);
    Governed.assertKept(out("half"), half);
  }

  /** An evaluation that would take days ends with the deadline. */
  @Test
  void aDeadlineForTheWholeRunIsKeptToByAClockOutside() throws Exception {
    Process process =
        governed(
            "whole",
            "--set",
            "governor.covers=run",
            "--set",
            "evaluate={attacks: [fgsm, \"pgd[steps=1000000]\"], examples: 32, curve: 0}");
    await(process, () -> holds("whole", "metrics.jsonl", "\"step\":1,"));
    long begin = System.nanoTime();
    await(process, () -> Files.exists(out("whole").resolve("scorecard.json")));
    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(RealProcess.end(process)).as(errors("whole")).isZero();
    // Behind the last sample stand ledger and scorecard, which take no longer with more time.
    assertThat(seconds).isBetween(0.7 * deadline, Governed.TOLERANCE * deadline + WRITING);
    assertThat(decisions("whole", What.EVALUATION)).isNotEmpty();
    Governed.assertValid(out("whole"));
  }

  // ---- a standstill

  private static void stop(Process process, String name) throws Exception {
    await(process, () -> holds(name, "metrics.jsonl", "\"step\":20,"));
    RealProcess.signal(process, "STOP");
    Thread.sleep((long) (1000 * STANDSTILL * quiet));
    RealProcess.signal(process, "CONT");
  }

  private static double stopped(Process process, String name) throws Exception {
    return seconds(process, name, p -> stop(p, name));
  }

  @Test
  void aStandstillIsMadeUpFor() throws Exception {
    assertMissed(stopped(start("stopped-control"), "stopped-control"));
    assertKept("stopped", stopped(governed("stopped"), "stopped"));
  }

  // ---- others on the machine

  private static List<Process> compete() throws IOException {
    List<Process> others = new ArrayList<>();
    for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
      others.add(new ProcessBuilder("sh", "-c", "ulimit -t 120; while :; do :; done").start());
    }
    return others;
  }

  @Test
  void competingProcessesCostEffortAndNotTheDeadline() throws Exception {
    List<Process> others = compete();
    try {
      assertMissed(seconds(start("competed-control"), "competed-control"));
      Process process = governed("competed", "--set", "governor.load=0.5");
      assertKept("competed", seconds(process, "competed"));
    } finally {
      others.forEach(Process::destroyForcibly);
    }
    if (Runtime.getRuntime().availableProcessors() > 1) {
      Decision first = decisions("competed", What.WORKERS).get(0);
      assertThat(first.to()).isLessThan(first.from());
      assertThat(first.why()).startsWith("other processes use ");
    }
  }

  // ---- memory

  /** Images so large that four shards at once do not fit into the memory, and one does. */
  private static Path large() throws IOException {
    large(140, "large.safetensors");
    large(16, "large-test.safetensors");
    Path large = folder.resolve("large.yaml");
    Files.writeString(
        large,
        """
        name: large
        seed: 7
        data: {train: "%1$s/large.safetensors", test: "%1$s/large-test.safetensors"}
        model: {architecture: "mlp[hidden=4]"}
        threat: {perturbation: linf, epsilon: 0.1, domain: [0, 1]}
        train:
          objective: pgd-at
          attack: {name: pgd, steps: 2, step_size: 0.05}
          epochs: 2
          batch: 128
          shard: 32
          optimiser: {name: adamw, learning_rate: 0.01}
          validation: {examples: 4, steps: 1}
        evaluate: {attacks: [fgsm], examples: 16, curve: 0}
        """
            .formatted(folder));
    return large;
  }

  private static void large(int n, String name) {
    try (Scope scope = Scope.open()) {
      long[] labels = IntStream.range(0, n).mapToLong(i -> i % 2).toArray();
      Tensor images = Rng.of(new Seed(n)).uniform(0, 255, n, 1, SIDE, SIDE).to(DType.UINT8);
      Safetensors.write(
          folder.resolve(name),
          Map.of("images", images, "labels", Tensors.of(labels, n)),
          Map.of());
    }
  }

  private static Process cramped(Path large, String name, List<String> options, Object... more)
      throws IOException {
    Path out = Files.createDirectories(folder.resolve(name));
    List<Object> all = new ArrayList<>(List.of("harden", large, "--out", out.resolve("run")));
    all.addAll(List.of("--workers", 4));
    all.addAll(List.of(more));
    List<String> machine = new ArrayList<>(List.of("-Xmx256m"));
    machine.addAll(options);
    return RealProcess.start(out, machine, all.toArray());
  }

  @Test
  void memoryThatFewerShardsFitIntoSuffices() throws Exception {
    Path large = large();
    Process control = cramped(large, "dies", List.of("-Dholdfast.memory.limit=" + LIMIT));
    assertThat(RealProcess.end(control)).isEqualTo(Exit.FAILED);
    assertThat(errors("dies")).contains("out of memory");
    assertThat(out("dies").resolve("model.holdfast")).doesNotExist();

    Process process = cramped(large, "fits", List.of(), "--set", "governor.memory=" + LIMIT);
    assertThat(RealProcess.end(process)).as(errors("fits")).isZero();
    Governed.assertValid(out("fits"));
    Decision first = decisions("fits", What.WORKERS).get(0);
    assertThat(first.from()).isEqualTo(4);
    assertThat(first.to()).isEqualTo(1);
    assertThat(first.why()).contains(" of 700.0 MiB are held");
    assertThat(errors("fits")).contains("governor: shards at once 4 -> 1");
    assertThat(Files.readString(out("fits").resolve("report.html")))
        .contains("What the governor decided", "shards at once 4 -&gt; 1");
  }
}
