package io.holdfast.cli;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Settings;
import java.util.Map;
import java.util.Objects;
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

  /** Refuses what cannot be meant. */
  void check() {
    if (test != null && data == null) {
      throw new InvalidInputException("--test", "", "--data with the training samples", "nothing");
    }
  }

  /** An experiment with these data in the place of its own, where some were named. */
  Settings in(Settings experiment) {
    check();
    if (data == null) {
      return experiment;
    }
    Map<String, String> sources = Templates.sources(data, test);
    String ofTest = test == null ? "--data" : "--test";
    return experiment
        .withOverride("data.train", Objects.requireNonNull(sources.get("train")), "--data")
        .withOverride("data.test", Objects.requireNonNull(sources.get("test")), ofTest);
  }
}
