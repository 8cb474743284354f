package io.holdfast.cli;

import io.holdfast.common.Deadline;
import io.holdfast.common.Problems;
import io.holdfast.experiment.AdversarialRun;
import io.holdfast.experiment.AttackSearchRun;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A search for the settings of the attack before it runs. */
final class SearchOptions {
  @Option(
      names = "--search",
      description = {
        "First search for the attack's settings on some of the samples, at its own cost per",
        "sample; the others are then attacked with what was found and with what was given."
      })
  boolean wanted;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = {
        "Settings to try (default: 27, or as many as there is time for with --search-budget)."
      })
  private @Nullable Integer trials;

  @Option(
      names = "--search-budget",
      paramLabel = "TIME",
      description = "The most time for the search, such as 2m (default: as long as it needs).")
  private @Nullable String budget;

  @Option(
      names = "--search-examples",
      paramLabel = "N",
      description = {
        "Samples that settings are judged by (default: a third of --examples, at most 90)."
      })
  private @Nullable Integer examples;

  private @Nullable Duration most;

  /** Reads the options and refuses what makes no sense. */
  void check(Problems problems) {
    requireCount("--trials", trials, problems);
    requireCount("--search-examples", examples, problems);
    String time = budget;
    if (time != null) {
      ModelOptions.collect("--search-budget", time, problems, () -> most = Deadline.parse(time));
    }
    if (!wanted) {
      requireNone("--trials", trials, problems);
      requireNone("--search-budget", budget, problems);
      requireNone("--search-examples", examples, problems);
    }
  }

  private static void requireCount(String option, @Nullable Integer given, Problems problems) {
    if (given != null && given < 1) {
      problems.add(option, "at least 1", given.toString());
    }
  }

  private static void requireNone(String option, @Nullable Object given, Problems problems) {
    if (given != null) {
      problems.add(option, "--search beside it", "no --search");
    }
  }

  /** The search before a run. */
  AttackSearchRun before(AdversarialRun run, int samples) {
    int settings =
        trials != null ? trials : most == null ? AttackSearchRun.DEFAULT_TRIALS : Integer.MAX_VALUE;
    int slice = examples == null ? AttackSearchRun.defaultSlice(samples) : examples;
    return new AttackSearchRun(run, settings, most, slice);
  }
}
