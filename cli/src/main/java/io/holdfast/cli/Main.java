package io.holdfast.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code holdfast} command. */
@Command(
    name = "holdfast",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Adversarial hardening for the JVM.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:bad input",
      "3:a gate was not met",
      "130:interrupted; --resume continues"
    })
public final class Main extends BaseCommand {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String... args) {
    Output out = new Output(new FileOutputStream(FileDescriptor.out)); // System.out hides failures
    int code = run(Commands.all(), out.writer(), utf8(System.err), args);
    System.exit(out.settled(code, System.err));
  }

  /**
   * Runs one command.
   *
   * @param commands makers of the subcommands' picocli objects
   * @return the exit code, see {@link Exit}
   */
  static int run(
      List<Supplier<Object>> commands, PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = new CommandLine(new Main());
    commands.forEach(command -> line.addSubcommand(command.get()));
    line.setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Failures::usage)
        .setExecutionExceptionHandler((failure, command, parsed) -> Failures.report(failure, err));
    try {
      return line.execute(args);
    } catch (Error failure) { // memory exhausted, a native library missing: picocli lets it pass
      return Failures.report(failure, err);
    } finally {
      out.flush();
      err.flush();
    }
  }

  @Override
  public Integer call() {
    root().usage(screen());
    return Exit.DONE;
  }

  private static PrintWriter utf8(PrintStream stream) {
    return new PrintWriter(stream, true, StandardCharsets.UTF_8);
  }
}
