package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.Json;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What a search came to; the same for the same seed and limits, on any number of workers and after
 * any interruption.
 *
 * @param method how trials were let go on
 * @param seed of everything
 * @param rungs epochs at which trials were compared
 * @param epochs spent over all trials
 * @param cut whether the budget of epochs ended the search
 * @param best the trial that is most robust, among those that were trained longest
 * @param front trials that no other one is better than in clean accuracy, robust accuracy and cost
 *     together (Pareto), as far as they were trained
 * @param trials all of them, each where it stands
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TuningResult(
    String method,
    long seed,
    List<Integer> rungs,
    int epochs,
    boolean cut,
    int best,
    List<Integer> front,
    List<TrialOutcome> trials) {
  public TuningResult {
    rungs = List.copyOf(rungs);
    front = List.copyOf(front);
    trials = List.copyOf(trials);
  }

  /** Of at least one trial. */
  static TuningResult of(
      Tuning.Method method,
      long seed,
      List<Integer> rungs,
      int epochs,
      boolean cut,
      List<TrialOutcome> trials) {
    boolean complete = method == Tuning.Method.RANDOM; // however many epochs each has
    int best =
        trials.stream()
            .min(
                Comparator.comparing(TrialOutcome::diverged)
                    .thenComparing(t -> complete ? 0 : -t.epochs())
                    .thenComparing(TrialOutcome.STRONGEST))
            .orElseThrow()
            .trial();
    List<Integer> front =
        trials.stream()
            .filter(t -> !t.diverged() && trials.stream().noneMatch(o -> o.dominates(t)))
            .map(TrialOutcome::trial)
            .toList();
    String name = method.name().toLowerCase(Locale.ROOT);
    return new TuningResult(name, seed, rungs, epochs, cut, best, front, trials);
  }

  /** A trial by its number. */
  public TrialOutcome trial(int number) {
    return trials.stream().filter(t -> t.trial() == number).findFirst().orElseThrow();
  }

  /** As indented JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }
}
