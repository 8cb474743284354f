package io.holdfast.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** Prints a script that completes the command line. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a completion script for bash and zsh:",
      "  source <(./holdfast completion)"
    })
final class CompletionCommand extends BaseCommand {
  @Override
  public Integer call() {
    screen().print(AutoComplete.bash("holdfast", root()));
    return Exit.DONE;
  }
}
