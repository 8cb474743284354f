package io.holdfast.attack.library;

import java.nio.file.Path;
import java.util.Set;

/** A program that adds ten examples at a time, and sometimes prunes, until it is killed. */
final class LibraryWriterProcess {
  /** Examples of one addition. */
  static final int BATCH = 10;

  private LibraryWriterProcess() {}

  public static void main(String[] arguments) {
    LibraryFolder library = LibraryFolder.at(Path.of(arguments[0]));
    for (int i = 0; i < 10_000; i += BATCH) {
      library.add(Saved.some(i, i + BATCH), Saved.TODAY);
      if (i % (4 * BATCH) == 0) {
        library.mark(
            EntryFilter.ALL.attacks(Set.of("fgsm")),
            LibraryFolder.marking(i % (8 * BATCH) == 0 ? Status.SUSPENDED : Status.ACTIVE, null),
            Saved.TODAY);
      }
      System.out.println("written " + i);
    }
  }
}
