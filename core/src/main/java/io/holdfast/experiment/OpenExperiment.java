package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;

/**
 * An experiment with its data: what is wrong with either is told together.
 *
 * @param experiment what the file says
 * @param data what it names
 */
public record OpenExperiment(Experiment experiment, ExperimentData data) {

  /**
   * Reads an experiment file and opens its data.
   *
   * @param overrides each written {@code path=value}
   * @param today the day by which the expiry of saved examples is judged
   * @throws InvalidInputException with every problem of the file and of the data that it names
   */
  public static OpenExperiment read(Path file, List<String> overrides, LocalDate today) {
    return of(Settings.parse(file), file.toString(), overrides, today);
  }

  /**
   * Checks settings and opens the data that they name.
   *
   * @param source their name in messages
   * @param overrides each written {@code path=value}
   * @param today the day by which the expiry of saved examples is judged
   * @throws InvalidInputException with every problem
   */
  public static OpenExperiment of(
      Settings settings, String source, List<String> overrides, LocalDate today) {
    Problems problems = new Problems(source);
    Experiment experiment = Experiment.of(settings, source, overrides, problems);
    return new OpenExperiment(experiment, ExperimentData.open(experiment, today, problems));
  }
}
