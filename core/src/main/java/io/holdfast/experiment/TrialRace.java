package io.holdfast.experiment;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Halving;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.LineJournal;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A search over trials: draws them, lets them go on as its method says, and keeps what is known in
 * a journal. Trials run one after the other, each with all workers, so that what becomes of one
 * depends on outcomes and the seed alone.
 *
 * @param method how trials are let go on
 * @param rungs epochs at which they are compared, ascending
 * @param trials the most, at least 1
 * @param budget the most epochs over all; 0 for no limit
 * @param seed of the experiment
 * @param trainer trains them
 */
record TrialRace(
    Tuning.Method method, List<Integer> rungs, int trials, int budget, Seed seed, Trainer trainer) {
  private static final int DRAWS = 50; // of trials that were there before, in a row
  private static final String KEY = "search";
  private static final String TRAININGS = "trainings "; // attacks are searched for, too

  /** Whether a file is the journal of such a search. */
  static boolean wrote(Path journal) {
    return LineJournal.about(journal, KEY).filter(a -> a.startsWith(TRAININGS)).isPresent();
  }

  /** Trains trials. */
  interface Trainer {
    /** Values that go together; empty where none are found. */
    Optional<Map<String, String>> draw(RandomGenerator random);

    /** What the first trial, the experiment as it is, has for the fields. */
    Map<String, String> given();

    /** Epochs that a trial will have had in all when it has come to a rung. */
    default int epochs(Map<String, String> values, int rung) {
      return rung;
    }

    /**
     * Trains a trial up to so many epochs in all, going on from where it stands.
     *
     * @throws HoldfastException if its training diverges, or needs more memory than there is
     */
    TrialOutcome train(int trial, Map<String, String> values, int epochs);
  }

  /**
   * A line of the journal.
   *
   * @param rung epochs that the trial was let go on to
   */
  record Line(
      @JsonProperty(required = true) int rung,
      @JsonProperty(required = true) TrialOutcome outcome,
      @JsonProperty(required = true) double seconds) {}

  /**
   * What came out.
   *
   * @param seconds of each trial, over all runs of the search; they decide nothing
   */
  record Ended(TuningResult result, Map<Integer, Double> seconds) {}

  /** A trial under way. */
  private static final class Trial {
    final int number;
    final Map<String, String> values;
    TrialOutcome outcome;

    Trial(int number, Map<String, String> values) {
      this.number = number;
      this.values = values;
      outcome = new TrialOutcome(number, values, 0, 0, 0, 0, 0, 0, false);
    }
  }

  /**
   * Runs it.
   *
   * @param file of the journal
   * @param about what makes searches the same but for their limits
   * @param resume whether to go on with what is there
   * @throws InvalidInputException if what is there is the journal of another search; it stays
   */
  Ended run(Path file, String about, boolean resume, Progress progress) {
    String trainings = TRAININGS + about;
    if (resume) {
      LineJournal.requireAbout(file, KEY, trainings);
    }
    try (LineJournal journal = LineJournal.open(file, KEY, trainings, resume);
        Progress.Task task = progress.start("search", trials, "trials")) {
      Attempt attempt = new Attempt(journal, task, progress);
      Halving<Trial, TrialOutcome> halving =
          new Halving<>(rungs, trial -> trial.outcome, TrialOutcome.STRONGEST);
      if (method == Tuning.Method.HALVING) {
        List<Trial> field = new ArrayList<>();
        for (Optional<Trial> next = attempt.next(); next.isPresent(); next = attempt.next()) {
          field.add(next.get());
        }
        halving.race(field, attempt);
      } else {
        halving.successively(attempt::next, attempt);
      }
      return attempt.ended();
    }
  }

  /** One run of the search. */
  private final class Attempt implements Halving.Extension<Trial> {
    private final LineJournal journal;
    private final Progress.Task task;
    private final Progress progress;
    private final Map<String, Line> known = new HashMap<>();
    private final Map<Integer, Double> seconds = new LinkedHashMap<>();
    private final Set<Map<String, String>> drawn = new LinkedHashSet<>();
    private final List<Trial> begun = new ArrayList<>();
    private long draws;
    private int spent;
    private boolean cut;

    Attempt(LineJournal journal, Progress.Task task, Progress progress) {
      this.journal = journal;
      this.task = task;
      this.progress = progress;
      for (JsonNode line : journal.known()) {
        Line seen = Json.parse(line.toString(), "the journal of the search", Line.class);
        known.put(key(seen.outcome().trial(), seen.rung()), seen);
      }
    }

    private static String key(int trial, int epochs) {
      return trial + " after " + epochs;
    }

    Optional<Trial> next() {
      int number = drawn.size();
      if (number >= trials) {
        return Optional.empty();
      }
      if (number == 0) {
        drawn.add(trainer.given());
        return Optional.of(new Trial(0, Map.of()));
      }
      for (int i = 0; i < DRAWS; i++) {
        RandomGenerator random = seed.split("search").split("trial").split(draws++).generator();
        Optional<Map<String, String>> values = trainer.draw(random);
        if (values.isPresent() && drawn.add(values.get())) {
          return Optional.of(new Trial(number, values.get()));
        }
      }
      return Optional.empty();
    }

    @Override
    public boolean canGoOn(Trial trial) {
      return !trial.outcome.diverged();
    }

    @Override
    public boolean extend(Trial trial, int epochs) {
      int more = trainer.epochs(trial.values, epochs) - trial.outcome.epochs();
      if (budget > 0 && spent + more > budget) {
        cut = true;
        return false;
      }
      if (!begun.contains(trial)) {
        begun.add(trial);
        task.advance(1);
      }
      spent += more;
      trial.outcome = outcome(trial, epochs);
      return true;
    }

    private TrialOutcome outcome(Trial trial, int epochs) {
      Line seen = known.get(key(trial.number, epochs));
      if (seen == null || !seen.outcome().values().equals(trial.values)) {
        long begin = System.nanoTime();
        TrialOutcome outcome = train(trial, epochs);
        seen = new Line(epochs, outcome, (System.nanoTime() - begin) / 1e9);
        journal.append(seen);
        journal.sync();
      }
      seconds.merge(trial.number, seen.seconds(), Double::sum);
      task.stat("robust", seen.outcome().robustAccuracy());
      return seen.outcome();
    }

    private TrialOutcome train(Trial trial, int epochs) {
      try {
        return trainer.train(trial.number, trial.values, epochs);
      } catch (HoldfastException e) {
        if (!Fault.ofTraining(e)) {
          throw e;
        }
        progress.note("trial " + trial.number + " ends: " + e.getMessage());
        return diverged(trial, epochs);
      }
    }

    private static TrialOutcome diverged(Trial trial, int epochs) {
      return new TrialOutcome(trial.number, trial.values, epochs, 0, 0, 0, 0, 0, true);
    }

    Ended ended() {
      List<TrialOutcome> all = begun.stream().map(t -> t.outcome).toList();
      return new Ended(TuningResult.of(method, seed.value(), rungs, spent, cut, all), seconds);
    }
  }
}
