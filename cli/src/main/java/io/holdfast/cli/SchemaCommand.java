package io.holdfast.cli;

import io.holdfast.experiment.ExperimentSchema;
import picocli.CommandLine.Command;

/** Prints the JSON Schema of the experiment file. */
@Command(
    name = "schema",
    mixinStandardHelpOptions = true,
    description = "Prints the JSON Schema of the experiment file, for editors.")
final class SchemaCommand extends BaseCommand {
  @Override
  public Integer call() {
    screen().print(ExperimentSchema.json());
    return Exit.DONE;
  }
}
