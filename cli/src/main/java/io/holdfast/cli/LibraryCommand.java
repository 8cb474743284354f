package io.holdfast.cli;

import picocli.CommandLine.Command;

/** The curated library of adversarial examples. */
@Command(
    name = "library",
    mixinStandardHelpOptions = true,
    description = "Saves, verifies, shares and measures adversarial examples.",
    subcommands = {
      LibraryAddCommand.class,
      LibraryListCommand.class,
      LibraryShowCommand.class,
      LibraryVerifyCommand.class,
      LibraryFilterCommand.class,
      LibraryMergeCommand.class,
      LibraryExportCommand.class,
      LibraryImportCommand.class,
      LibraryTransferCommand.class,
      LibraryMarkCommand.class,
      LibraryPruneCommand.class
    })
final class LibraryCommand extends BaseCommand {
  @Override
  public Integer call() {
    group().usage(screen());
    return Exit.DONE;
  }
}
