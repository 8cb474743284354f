package io.holdfast.bench;

import io.holdfast.common.Seed;
import io.holdfast.testkit.data.ReaderFuzz;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Damages and reads data files until stopped; the optional argument is the first seed. */
public final class FuzzReaders {
  private static final int REPORT = 1000;

  private FuzzReaders() {}

  public static void main(String[] args) throws IOException {
    long seed = args.length > 0 ? Long.parseLong(args[0]) : System.nanoTime();
    Path folder = Files.createTempDirectory("holdfast-fuzz-");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
    ReaderFuzz fuzz = new ReaderFuzz(folder);
    System.out.println("first seed " + seed + ", files in " + folder + ", stop with Ctrl-C");
    long refused = 0;
    for (long done = 0; ; done++) {
      for (String format : fuzz.formats()) {
        refused += fuzz.attempt(format, new Seed(seed + done)) ? 1 : 0;
      }
      if (done % REPORT == REPORT - 1) {
        System.out.println((done + 1) + " seeds, " + refused + " refusals, nothing escaped");
      }
    }
  }

  /** Deletes the folder and the files directly in it. */
  private static void delete(Path folder) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      System.out.println("files are left in " + folder + ": " + e.getMessage());
    }
  }
}
