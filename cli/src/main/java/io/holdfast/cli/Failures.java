package io.holdfast.cli;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.tensor.Engine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one message on the error stream and an exit code. */
final class Failures {
  private Failures() {}

  /** A command line that cannot be understood. */
  static int usage(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(failure.getMessage());
    UnmatchedArgumentException.printSuggestions(failure, err);
    err.printf("Try '%s --help'.%n", command.getCommandSpec().qualifiedName());
    err.flush();
    return Exit.BAD_INPUT;
  }

  /** Anything that a command threw; the engine's refusals of memory are explained. */
  static int report(Throwable thrown, PrintWriter err) {
    Throwable failure = thrown instanceof RuntimeException e ? Engine.explained(e) : thrown;
    err.println(message(failure));
    err.flush();
    if (failure instanceof InvalidInputException) {
      return Exit.BAD_INPUT;
    }
    return failure instanceof RunInterruptedException ? Exit.INTERRUPTED : Exit.FAILED;
  }

  private static String message(Throwable failure) {
    if (failure instanceof HoldfastException) {
      return String.valueOf(failure.getMessage());
    }
    if (failure instanceof OutOfMemoryError) {
      return "Memory is exhausted (%s). Use fewer workers or a smaller batch, or raise the heap: HOLDFAST_JAVA_OPTS=-Xmx4g."
          .formatted(failure.getMessage());
    }
    return "This should not have happened: %s%n%s".formatted(failure, whereTheDetailsAre(failure));
  }

  private static String whereTheDetailsAre(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace, true));
    try {
      Path file = Files.createTempFile("holdfast-error-", ".log");
      Files.writeString(file, trace.toString());
      return "It is a defect in Holdfast; please report it with " + file + ".";
    } catch (IOException e) {
      return "It is a defect in Holdfast; please report it:%n%s".formatted(trace);
    }
  }
}
