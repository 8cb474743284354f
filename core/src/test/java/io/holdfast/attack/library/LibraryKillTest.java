package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed in the middle of changes. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LibraryKillTest {
  private final Path folder;

  LibraryKillTest(@TempDir Path folder) {
    this.folder = folder.resolve("library");
  }

  @Tag("slow")
  @Test
  void aKilledWriterLeavesWholeAdditions() throws Exception {
    RandomGenerator random = new Seed(8).generator();
    long before = 0;
    for (int kill = 0; kill < 4; kill++) {
      runAndKill(1 + random.nextInt(8), random.nextInt(25));
      ExampleLibrary library = ExampleLibrary.load(folder, Saved.TODAY);
      assertThat(library.damaged()).isEmpty();
      assertThat(library.size() % LibraryWriterProcess.BATCH).isZero();
      assertThat(library.size()).isGreaterThanOrEqualTo(before);
      assertThat(library.ids())
          .isEqualTo(
              Saved.some(0, (int) library.size()).stream()
                  .map(s -> s.entry().id())
                  .collect(Collectors.toSet()));
      before = library.size();
    }
    // the next change clears away what the killed ones have left
    LibraryFolder.at(folder).add(List.of(), Saved.TODAY);
    List<String> files = new ArrayList<>(Manifest.read(folder).files());
    files.add(Manifest.FILE);
    try (var all = Files.list(folder)) {
      assertThat(all.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(files);
    }
  }

  /** Kills the writer some milliseconds after it has reported so many additions. */
  private void runAndKill(int reports, int delay) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    Optional.ofNullable(System.getProperty("org.bytedeco.javacpp.cachedir"))
        .ifPresent(cache -> command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LibraryWriterProcess.class.getName(), folder.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    StringBuilder said = new StringBuilder();
    try (BufferedReader out = process.inputReader()) {
      int seen = 0;
      for (String line = out.readLine(); line != null && seen < reports; line = out.readLine()) {
        said.append(line).append('\n');
        seen += line.startsWith("written") ? 1 : 0;
      }
      assertThat(seen).as(said.toString()).isEqualTo(reports);
      assertThat(process.waitFor(delay, TimeUnit.MILLISECONDS)).isFalse();
      process.destroyForcibly();
    }
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }
}
