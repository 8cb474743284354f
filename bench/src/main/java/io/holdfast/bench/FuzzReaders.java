package io.holdfast.bench;

import io.holdfast.common.Seed;
import io.holdfast.testkit.data.ReaderFuzz;
import io.holdfast.testkit.fuzz.FileFuzz;
import io.holdfast.testkit.fuzz.Fuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Damages and reads data files, experiment files, bundles, segments of ledgers, scorecards and
 * libraries until stopped; the optional argument is the first seed.
 */
public final class FuzzReaders {
  private static final int REPORT = 200;

  private FuzzReaders() {}

  public static void main(String[] args) throws IOException {
    long seed = args.length > 0 ? Long.parseLong(args[0]) : System.nanoTime();
    Path folder = Files.createTempDirectory("holdfast-fuzz-");
    AtomicBoolean stopped = new AtomicBoolean();
    Thread working = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(stopped, working, folder)));
    List<Fuzz> all =
        List.of(
            new ReaderFuzz(Files.createDirectory(folder.resolve("data"))),
            new FileFuzz(Files.createDirectory(folder.resolve("files"))));
    System.out.println("first seed " + seed + ", files in " + folder + ", stop with Ctrl-C");
    long refused = 0;
    for (long done = 0; !stopped.get(); done++) {
      for (Fuzz fuzz : all) {
        for (String format : fuzz.formats()) {
          refused += fuzz.attempt(format, new Seed(seed + done)) ? 1 : 0;
        }
      }
      if (done % REPORT == REPORT - 1) {
        System.out.println((done + 1) + " seeds, " + refused + " refusals, nothing escaped");
      }
    }
  }

  /** Waits for the round under way, then deletes the folder. */
  private static void end(AtomicBoolean stopped, Thread working, Path folder) {
    stopped.set(true);
    try {
      working.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.out.println("files are left in " + folder + ": " + e.getMessage());
    }
  }
}
