package io.holdfast.cli;

import io.holdfast.attack.library.EntryFilter;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.common.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** One library out of several. */
@Command(
    name = "merge",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a new library with the entries of several, each once. Of equal examples the",
      "first library's description stands, with the stricter status and the earlier expiry."
    })
final class LibraryMergeCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "LIBRARY",
      description = "The other libraries.")
  private List<Path> others = new ArrayList<>();

  @Mixin private LibraryCopyOptions copy = new LibraryCopyOptions();

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    List<ExampleLibrary> all = new ArrayList<>();
    problems.collect(() -> all.add(place.load(notes())));
    for (Path other : others) {
      problems.collect(() -> all.add(ExampleLibrary.load(other, place.today.date())));
    }
    problems.throwIfAny();
    all.subList(1, all.size()).forEach(l -> LibraryOptions.note(l.leftOut(), notes()));
    return copy.write(all, EntryFilter.ALL, false, place.json, screen());
  }
}
