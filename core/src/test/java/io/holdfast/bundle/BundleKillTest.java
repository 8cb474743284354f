package io.holdfast.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Seed;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed in the middle of writing. */
class BundleKillTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin/java").toString();

  private final Path folder;

  BundleKillTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Tag("slow")
  @Test
  void aKilledWriterLeavesOneOfTheTwoBundlesWhole() throws Exception {
    List<String> ids;
    try (Bundle first = Samples.cnn(1);
        Bundle second = Samples.cnn(2)) {
      ids = List.of(first.id(), second.id());
    }
    RandomGenerator random = new Seed(4).generator();
    for (int kill = 0; kill < 3; kill++) {
      runAndKill(1 + random.nextInt(6), random.nextInt(20));
      try (Bundle read = Bundle.read(folder.resolve("model.holdfast"))) {
        assertThat(ids).contains(read.id());
      }
      // a folder is moved aside before the new one takes its name
      if (Files.exists(folder.resolve("model"))) {
        try (Bundle read = Bundle.read(folder.resolve("model"))) {
          assertThat(ids).contains(read.id());
        }
      }
    }
    AtomicFiles.removeLeftovers(folder);
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> String.valueOf(f.getFileName())))
          .isSubsetOf("model.holdfast", "model");
    }
  }

  /** Kills the writer some milliseconds after it has reported so many bundles. */
  private void runAndKill(int reports, int delay) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                JAVA,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                BundleWriterProcess.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = process.inputReader()) {
      int seen = 0;
      for (String line = out.readLine(); line != null && seen < reports; line = out.readLine()) {
        seen += line.startsWith("written") ? 1 : 0;
      }
      assertThat(seen).as("the writer must have begun").isEqualTo(reports);
      assertThat(process.waitFor(delay, TimeUnit.MILLISECONDS)).isFalse();
      process.destroyForcibly();
    }
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }
}
