package io.holdfast.cli;

import io.holdfast.common.Problems;
import io.holdfast.tensor.Memory;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every long job takes. */
final class JobOptions {
  @Option(
      names = "--resume",
      description = "Goes on with the run in the output folder, if there is one.")
  boolean resume;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads; one per core by default. Never changes results.")
  int workers;

  @Option(
      names = "--dry-run",
      description = "Checks everything and prints the plan with an estimate of time and memory.")
  boolean dryRun;

  @Option(names = "--json", description = "Prints the result as JSON alone on standard output.")
  boolean json;

  /** Refuses what makes no sense. */
  void check(Problems problems) {
    if (workers < 0) {
      problems.add("--workers", "at least 1, or 0 for one per core", Integer.toString(workers));
    }
    problems.collect(Memory::limitBytes); // refuses a limit that is no size
  }

  /** The output folder of a job that must be told one. */
  static final class Out {
    @Option(
        names = "--out",
        required = true,
        paramLabel = "DIR",
        description = "The folder for the results.")
    Path folder = Path.of("");
  }
}
