package io.holdfast.cli;

import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LeftOut;
import io.holdfast.common.Format;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A library, and what every command on one takes. */
final class LibraryOptions {
  private static final int SHOWN = 10;

  @Parameters(index = "0", paramLabel = "LIBRARY", description = "The library's folder.")
  Path folder = Path.of("");

  @Mixin Today today = new Today();

  @Option(names = "--json", description = "Prints the result as JSON alone on standard output.")
  boolean json;

  /** Loads and verifies the library, and says on the error stream what is left out. */
  ExampleLibrary load(PrintWriter notes) {
    ExampleLibrary library = ExampleLibrary.load(folder, today.date());
    note(library.leftOut(), notes);
    return library;
  }

  /** The first things that are left out, one a line. */
  static void note(List<LeftOut> left, PrintWriter notes) {
    left.stream().limit(SHOWN).forEach(l -> notes.println("note: " + l.message()));
    if (left.size() > SHOWN) {
      notes.println(
          "note: and "
              + Format.count(left.size() - SHOWN)
              + " more left out; 'holdfast library verify' names them all");
    }
    notes.flush();
  }
}
