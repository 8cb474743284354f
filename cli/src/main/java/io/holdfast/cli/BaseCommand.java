package io.holdfast.cli;

import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command; gives its exit code. */
abstract class BaseCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  /** Where results go. */
  final PrintWriter screen() {
    return Objects.requireNonNull(spec).commandLine().getOut();
  }

  /** Where notes go that are no results. */
  final PrintWriter notes() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }

  /** This command, for its own help. */
  final CommandLine group() {
    return Objects.requireNonNull(spec).commandLine();
  }

  /** The whole of {@code holdfast}. */
  final CommandLine root() {
    return Objects.requireNonNull(spec).root().commandLine();
  }

  /** The command line as it can be typed again; {@code --resume} does not belong to it. */
  final String typed() {
    StringBuilder text = new StringBuilder("./holdfast");
    for (String arg : root().getParseResult().originalArgs()) {
      if (!arg.equals("--resume")) {
        text.append(' ').append(quoted(arg));
      }
    }
    return text.toString();
  }

  private static String quoted(String arg) {
    return arg.matches("[\\w@%+=:,./-]+") ? arg : "'" + arg.replace("'", "'\\''") + "'";
  }
}
