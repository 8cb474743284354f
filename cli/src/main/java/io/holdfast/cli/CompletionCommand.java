package io.holdfast.cli;

import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** Prints a script that completes the command line. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a completion script for bash and zsh.",
      "For the shell that is open: source <(./holdfast completion)"
    })
final class CompletionCommand extends BaseCommand {
  private static final String HEAD =
      """
      #!/usr/bin/env bash
      #
      # bash/zsh completion for holdfast
      #
      # For the shell that is open, in the checkout:
      #   source <(./holdfast completion)
      # For every bash, where the package bash-completion is installed:
      #   mkdir -p ~/.local/share/bash-completion/completions
      #   ./holdfast completion > ~/.local/share/bash-completion/completions/holdfast
      # For every bash without it, and for every zsh: save it, and source it at the end of ~/.bashrc
      # or ~/.zshrc:
      #   ./holdfast completion > ~/.holdfast-completion
      #   echo 'source ~/.holdfast-completion' >> ~/.bashrc
      # It completes holdfast, ./holdfast and any other path that ends so. Print it again after an
      # update.

      """;

  /** The remarks of the generated script's own head, which its body refers to. */
  private static final String REFERENCE = " \\((see \\[\\d+]|remkop/picocli#\\d+)\\)";

  @Override
  public Integer call() {
    String generated = AutoComplete.bash("holdfast", root());
    String body =
        generated
            .lines()
            .dropWhile(line -> line.startsWith("#") || line.isBlank())
            .map(CompletionCommand::plain)
            .collect(Collectors.joining("\n", "", "\n"));
    screen().print(HEAD + body);
    return Exit.DONE;
  }

  private static String plain(String line) {
    boolean remark = line.stripLeading().startsWith("#");
    String text = remark ? line.replaceAll(REFERENCE, "") : line;
    return text.replace("_picocli_holdfast", "_holdfast");
  }
}
