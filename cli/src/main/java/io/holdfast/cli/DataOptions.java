package io.holdfast.cli;

import io.holdfast.common.InvalidInputException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The user's own data in place of the embedded ones. */
final class DataOptions {
  @Option(
      names = "--data",
      paramLabel = "D",
      description = {
        "Your data: a folder, a zip or a file with a training and a test part named train and",
        "test in it; or the training samples alone, with --test."
      })
  @Nullable String data;

  @Option(names = "--test", paramLabel = "D", description = "The test samples beside --data.")
  @Nullable String test;

  /** Overrides for an experiment, none where no data were named. */
  List<String> overrides() {
    if (test != null && data == null) {
      throw new InvalidInputException("--test", "", "--data with the training samples", "nothing");
    }
    return Templates.overrides(data, test);
  }
}
