package io.holdfast.cli;

import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Deletes what must not be used any more. */
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    description = "Deletes expired entries, images and all.")
final class LibraryPruneCommand extends BaseCommand {
  @Mixin private LibraryOptions place = new LibraryOptions();

  @Option(names = "--damaged", description = "Deletes damaged entries as well.")
  private boolean damaged;

  @Override
  public Integer call() {
    LibraryFolder.Pruned pruned = LibraryFolder.at(place.folder).prune(place.today.date(), damaged);
    if (place.json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("expired", pruned.expired());
      all.put("damaged", pruned.damaged());
      all.put("kept", pruned.kept());
      screen().print(Json.pretty(all));
    } else {
      screen()
          .println(
              "%s: %s expired and %s damaged entries deleted, %s kept"
                  .formatted(
                      place.folder,
                      Format.count(pruned.expired()),
                      Format.count(pruned.damaged()),
                      Format.count(pruned.kept())));
    }
    return Exit.DONE;
  }
}
