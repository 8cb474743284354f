package io.holdfast.cli;

import io.holdfast.attack.library.EntryFilter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A library to hand on. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a library to hand on: entries that are active and have not expired, in the",
      "canonical layout, so that equal entries give equal files."
    })
final class LibraryExportCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();
  @Mixin private LibraryFilterOptions conditions = new LibraryFilterOptions();
  @Mixin private LibraryCopyOptions copy = new LibraryCopyOptions();

  @Override
  public Integer call() {
    EntryFilter filter = conditions.filter();
    return copy.write(List.of(place.load(notes())), filter, true, place.json, screen());
  }
}
