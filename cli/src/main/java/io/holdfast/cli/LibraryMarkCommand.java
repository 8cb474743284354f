package io.holdfast.cli;

import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.attack.library.Status;
import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import java.time.LocalDate;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Decides about entries. */
@Command(
    name = "mark",
    mixinStandardHelpOptions = true,
    description = "Gives the entries that meet all conditions another status or expiry date.")
final class LibraryMarkCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();
  @Mixin private LibraryFilterOptions conditions = new LibraryFilterOptions();

  @Option(
      names = "--as",
      paramLabel = "STATUS",
      description = "The new status: ${COMPLETION-CANDIDATES}.")
  private @Nullable Status status;

  @Option(
      names = "--expires",
      paramLabel = "DATE",
      description = "The first day on which they must not be used any more.")
  private @Nullable LocalDate expires;

  @Override
  public Integer call() {
    if (status == null && expires == null) {
      throw new InvalidInputException("--as", "", "--as STATUS or --expires DATE", "neither");
    }
    int changed =
        LibraryFolder.at(place.folder)
            .mark(conditions.filter(), LibraryFolder.marking(status, expires), place.today.date());
    if (place.json) {
      screen().print(Json.pretty(Map.of("changed", changed)));
    } else {
      screen().println(place.folder + ": " + Format.count(changed) + " entries changed");
    }
    return Exit.DONE;
  }
}
