package io.holdfast.cli;

import io.holdfast.attack.library.EntryFilter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A new library with some of the entries. */
@Command(
    name = "filter",
    mixinStandardHelpOptions = true,
    description = "Writes a new library with the entries that meet all conditions.")
final class LibraryFilterCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();
  @Mixin private LibraryFilterOptions conditions = new LibraryFilterOptions();
  @Mixin private LibraryCopyOptions copy = new LibraryCopyOptions();

  @Override
  public Integer call() {
    EntryFilter filter = conditions.filter();
    return copy.write(List.of(place.load(notes())), filter, false, place.json, screen());
  }
}
