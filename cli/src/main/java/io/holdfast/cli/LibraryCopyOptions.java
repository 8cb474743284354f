package io.holdfast.cli;

import io.holdfast.attack.library.EntryFilter;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LibraryCopy;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Where a new library goes. */
final class LibraryCopyOptions {
  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The new library: a new or empty folder, or an earlier library to replace.")
  private Path out = Path.of("");

  private record Written(String library, int entries, String hash) {}

  /** Writes it and says how much it holds. */
  int write(
      List<ExampleLibrary> sources,
      EntryFilter filter,
      boolean usableOnly,
      boolean json,
      PrintWriter screen) {
    int count = LibraryCopy.write(sources, filter, usableOnly, out);
    String hash = ExampleLibrary.load(out, sources.get(0).today()).hash();
    if (json) {
      screen.print(Json.pretty(new Written(out.toString(), count, hash)));
    } else {
      screen.println(out + ": " + Format.count(count) + " entries, hash " + hash);
    }
    return Exit.DONE;
  }
}
