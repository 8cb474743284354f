package io.holdfast.cli;

import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LibraryFolder;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Takes over what someone has exported. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Verifies an exported library and takes its entries over, each once. Into a new folder",
      "an export comes back byte for byte."
    })
final class LibraryImportCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();

  @Parameters(index = "1", paramLabel = "EXPORT", description = "The exported library.")
  private Path source = Path.of("");

  @Override
  public Integer call() {
    ExampleLibrary export = ExampleLibrary.load(source, place.today.date());
    LibraryOptions.note(export.leftOut(), notes());
    LibraryFolder.Added added = LibraryFolder.at(place.folder).take(export, place.today.date());
    return LibraryAdded.print(added, place.folder, place.json, screen(), notes());
  }
}
