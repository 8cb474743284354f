package io.holdfast.cli;

import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What adding came to, for people and programs. */
final class LibraryAdded {
  private LibraryAdded() {}

  /** Prints it; refused examples are named on the error stream. */
  static int print(
      LibraryFolder.Added added, Path folder, boolean json, PrintWriter screen, PrintWriter notes) {
    LibraryOptions.note(added.refused(), notes);
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("library", folder.toString());
      all.put("added", added.added());
      all.put("duplicates", added.duplicates());
      all.put("refused", added.refused().stream().map(LibrarySummary::leftOut).toList());
      screen.print(Json.pretty(all));
    } else {
      screen.println(
          "%s: %s added, %s there already, %s refused"
              .formatted(
                  folder,
                  Format.count(added.added()),
                  Format.count(added.duplicates()),
                  Format.count(added.refused().size())));
    }
    return added.refused().isEmpty() ? Exit.DONE : Exit.GATE_NOT_MET;
  }
}
