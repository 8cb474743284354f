package io.holdfast.report;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real headless browser. */
final class Chromium {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");
  private static final long SECONDS = 60;

  private final Path binary;
  private final Path folder;

  private Chromium(Path binary, Path folder) {
    this.binary = binary;
    this.folder = folder;
  }

  /** The installed one; without one, tests are skipped, but fail where {@code CI} is set. */
  static Chromium require(Path folder) {
    Optional<Path> binary = find();
    if (binary.isEmpty() && System.getenv("CI") != null) {
      fail("the report's browser tests need Chromium, and CI never skips them: install chromium");
    }
    assumeTrue(binary.isPresent(), "skipped: no Chromium on the PATH (Debian: chromium)");
    return new Chromium(binary.orElseThrow(), folder);
  }

  private static Optional<Path> find() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * What came of one visit.
   *
   * @param output standard output, such as the DOM
   * @param console messages that the page, its scripts and its policy left
   */
  record Visit(String output, List<String> console) {}

  /** Opens a file with further options and waits until the browser is done. */
  Visit visit(Path page, String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(binary.toString(), "--headless", "--no-sandbox"));
    command.addAll(
        List.of(
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--user-data-dir=" + Files.createTempDirectory(folder, "profile")));
    command.addAll(List.of(options));
    command.add(page.toUri().toString());
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      fail("Chromium did not finish within " + SECONDS + " s:\n" + Files.readString(err));
    }
    try (Stream<String> lines = Files.lines(err)) {
      return new Visit(
          Files.readString(out), lines.filter(line -> line.contains("CONSOLE")).toList());
    }
  }
}
