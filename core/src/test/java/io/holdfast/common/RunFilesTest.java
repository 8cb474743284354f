package io.holdfast.common;

import static io.holdfast.common.SettingsTest.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Metrics logs, clean stops and provenance. */
class RunFilesTest {
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  @TempDir
  Path folder;

  @Test
  void aLogGoesOnFromARecordedOffset() throws Exception {
    Path file = folder.resolve("new/metrics.jsonl");
    long offset;
    try (MetricsLog log = MetricsLog.create(file)) {
      log.append(Map.of("step", 1));
      log.sync();
      offset = log.offset();
      log.append(Map.of("step", 2));
    }
    Files.writeString(
        file, "{\"step\":3, \"los", StandardOpenOption.APPEND); // killed within a line
    assertThat(MetricsLog.read(file)).extracting(e -> e.get("step").asInt()).containsExactly(1, 2);
    try (MetricsLog log = MetricsLog.resume(file, offset)) {
      log.append(Map.of("step", 22));
      assertThat(log.offset()).isEqualTo(Files.size(file));
    }
    assertThat(Files.readString(file)).isEqualTo("{\"step\":1}\n{\"step\":22}\n");
    assertThat(failure(() -> MetricsLog.resume(file, 1000)))
        .endsWith("expected at least 1000 bytes, as the checkpoint says, found 23 bytes");
    MetricsLog.create(file).close();
    assertThat(file).isEmptyFile();
  }

  @Test
  void linesOfManyThreadsStayWhole() {
    Path file = folder.resolve("metrics.jsonl");
    try (MetricsLog log = MetricsLog.create(file)) {
      IntStream.range(0, 500).parallel().forEach(i -> log.append(Map.of("step", i)));
    }
    assertThat(MetricsLog.read(file))
        .extracting(e -> e.get("step").asInt())
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 500).boxed().toList());
    assertThat(failure(() -> MetricsLog.read(folder.resolve("absent")))).contains("no such file");
    assertThat(failure(() -> MetricsLog.create(file.resolve("below"))))
        .contains("found a file of that name");
  }

  @Test
  void aRequestedStopIsMetAtTheNextSafePoint() {
    Stopper stopper = Stopper.manual();
    stopper.check();
    assertThat(stopper.isRequested()).isFalse();
    stopper.request();
    assertThatThrownBy(stopper::check)
        .isInstanceOf(RunInterruptedException.class)
        .hasMessageContaining("--resume");
  }

  /**
   * Run as a process of its own: stops cleanly on the first signal, or ignores it to be halted by
   * the second.
   */
  static final class Worker {
    public static void main(String[] arguments) throws InterruptedException {
      boolean stubborn = arguments.length > 0;
      try (Stopper stopper = Stopper.install(line -> System.out.println(line))) {
        System.out.println("ready");
        for (int i = 0; i < 3000; i++) {
          TimeUnit.MILLISECONDS.sleep(10);
          if (!stubborn) {
            stopper.check();
          }
        }
      } catch (RunInterruptedException e) {
        System.out.println("clean");
        System.exit(3);
      }
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void controlCStopsARealProcessCleanly() throws Exception {
    Process process = start();
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("ready");
      signal(process, "INT");
      assertThat(lines.readLine()).startsWith("stopping at the next safe point");
      assertThat(lines.readLine()).isEqualTo("clean");
      assertThat(process.waitFor()).isEqualTo(3);
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theSecondControlCHalts() throws Exception {
    Process process = start("stubborn");
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("ready");
      signal(process, "TERM");
      assertThat(lines.readLine()).startsWith("stopping at the next safe point");
      signal(process, "INT");
      assertThat(process.waitFor()).isEqualTo(130);
    }
  }

  @Test
  void provenanceIsSortedAndReadsBack() {
    Settings settings = Settings.yaml("b: 1\na: {x: 2.5}", "x.yaml");
    Provenance provenance =
        Provenance.of("2.10.0", new Seed(7), Map.of("test", "t", "train", "r", "a", "b"), settings);
    assertThat(provenance.dataHashes().keySet()).containsExactly("a", "test", "train");
    assertThat(provenance.configuration().keySet()).containsExactly("b", "a");
    assertThat(provenance.codeVersion())
        .matches("[0-9]+\\.[0-9]+\\.[0-9]+(-SNAPSHOT)?( \\([0-9a-f]+( with changes)?\\))?");
    assertThat(provenance.platform()).contains(", Java ");
    Provenance again = Json.parse(Json.pretty(provenance), "provenance", Provenance.class);
    assertThat(Json.canonical(again)).isEqualTo(Json.canonical(provenance));
    assertThat(again.codeVersion()).isEqualTo(Provenance.currentCode());
    assertThat(Json.tree(provenance).fieldNames())
        .toIterable()
        .containsExactly(
            "code_version", "engine_version", "platform", "seed", "data_hashes", "configuration");
  }

  private static Process start(String... arguments) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>();
    if (OS.LINUX.isCurrentOs()) { // a parent shell may have made its children ignore the signal
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.addAll(List.of(java, "-Xmx32m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Worker.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor())
        .isZero();
  }
}
