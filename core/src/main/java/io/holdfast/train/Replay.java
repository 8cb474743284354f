package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The decisions of an earlier run that change results, taken again at the same steps. Where that
 * run went back after catastrophic overfitting so does this one, since its probes see the same
 * weights; decisions from behind a rollback wait for it.
 */
public final class Replay {
  private static final String HINT =
      "a replay needs the experiment of the run that wrote the journal, but for its section"
          + " governor";

  /** In a rollback's figures where training ended with it. */
  private static final String NO_TIME = "time_is_up";

  private final Path file;
  private final List<Decision> decisions;
  private final boolean ended;
  private int next;

  /**
   * Of a journal.
   *
   * @param decisions that change results, of one training
   * @param ended whether that training came to its end
   */
  private Replay(Path file, List<Decision> decisions, boolean ended) {
    this.file = file;
    this.decisions = decisions;
    this.ended = ended;
  }

  /**
   * Those of a journal.
   *
   * @param phase what this training is called there
   * @param full the effort that the run would begin with
   * @throws InvalidInputException if the file is no journal, or its efforts or steps do not fit
   */
  static Replay of(Path file, String phase, Effort full) {
    if (phase.equals(Decision.TRAINING)) { // of stages, all together were asked before the first
      requireFitting(file, List.of(phase));
    }
    List<Decision> own = read(file).stream().filter(d -> d.phase().equals(phase)).toList();
    List<Decision> all = own.stream().filter(Replay::counts).toList();
    Effort effort = full;
    long step = 0;
    for (Decision d : all) {
      if (d.what() == What.ROLLBACK) {
        step = (long) d.to();
        continue;
      }
      double planned = effort.value(d.what());
      if (d.from() != planned) {
        throw new InvalidInputException(
            file.toString(),
            d.what().key() + " at step " + d.step(),
            "a change from " + planned + ", as in this experiment",
            "one from " + d.from(),
            HINT);
      }
      if (d.step() < step || d.step() >= effort.last()) {
        throw new InvalidInputException(
            file.toString(),
            d.what().key(),
            "steps that ascend, up to " + effort.last(),
            "step " + d.step() + " after step " + step,
            HINT);
      }
      step = d.step();
      effort = effort.after(d);
    }
    return new Replay(file, all, own.stream().anyMatch(d -> d.what() == What.SUMMARY));
  }

  /**
   * Refuses a journal that is not of such a training by itself.
   *
   * @param settings of the training
   * @param samples that it trains on
   * @throws InvalidInputException also if the file is no journal
   */
  public static void requireFitting(Path file, TrainSettings settings, int samples) {
    requireFitting(file, Decision.TRAINING, settings, samples);
  }

  /**
   * Refuses a journal in which a training had other efforts to begin with, or other steps.
   *
   * @param phase what the training is called there
   * @param settings of it
   * @param samples that it trains on
   * @throws InvalidInputException also if the file is no journal
   */
  public static void requireFitting(Path file, String phase, TrainSettings settings, int samples) {
    long steps = (long) settings.stepsPerEpoch(samples) * settings.epochs();
    of(file, phase, Effort.full(settings, steps));
  }

  /**
   * Refuses a journal with other trainings, or without the end of one behind which another has
   * decided: not all that it holds would be replayed.
   *
   * @param phases of the trainings, in their order
   * @throws InvalidInputException also if the file is no journal
   */
  public static void requireFitting(Path file, List<String> phases) {
    int ended = 0;
    for (Decision d : read(file)) {
      if (!counts(d) && d.what() != What.SUMMARY) {
        continue; // of an evaluation, or without results
      }
      String expected = ended < phases.size() ? phases.get(ended) : "no further training";
      if (!d.phase().equals(expected)) {
        throw new InvalidInputException(file.toString(), "phase", expected, d.phase(), HINT);
      }
      ended += d.what() == What.SUMMARY ? 1 : 0;
    }
  }

  private static List<Decision> read(Path file) {
    List<Decision> decisions = Journal.read(file);
    if (decisions.isEmpty()) {
      throw new InvalidInputException(file.toString(), "", "lines of a run's journal", "none");
    }
    return decisions;
  }

  private static boolean counts(Decision d) {
    return d.what().changesResults() || d.what() == What.ROLLBACK;
  }

  /** Passes over those that were taken before a resume. */
  void skip(List<Decision> taken) {
    long before = taken.stream().filter(Replay::counts).count();
    next = (int) Math.min(decisions.size(), before); // past its end a training may go back
  }

  /** Those that are due before a step. */
  List<Decision> at(long step) {
    int from = next;
    while (next < decisions.size() && isDue(decisions.get(next), step)) {
      next++;
    }
    return decisions.subList(from, next);
  }

  /**
   * Whether there was time for a remedy where training went back next. Past the last decision of a
   * training that came to its end there was none: it went back no more, whatever its probes saw.
   */
  boolean hadTime() {
    if (next == decisions.size()) {
      return !ended;
    }
    Decision d = decisions.get(next);
    return d.what() == What.ROLLBACK && !d.measured().containsKey(NO_TIME);
  }

  /** What a rollback's line says of the time that was left. */
  static Map<String, Double> left(boolean time) {
    return time ? Map.of() : Map.of(NO_TIME, 1.0);
  }

  private static boolean isDue(Decision d, long step) {
    return d.what() != What.ROLLBACK && d.step() <= step;
  }

  /**
   * Training goes back; past the end of a journal, as a stopped run leaves it, that may be
   * anywhere.
   *
   * @throws InvalidInputException if that of the journal did not, or from elsewhere
   */
  void wentBack(long from, long to) {
    if (next == decisions.size()) {
      return;
    }
    Decision d = decisions.get(next);
    if (d.what() != What.ROLLBACK || d.from() != from || d.to() != to) {
      throw new InvalidInputException(
          file.toString(),
          d.what().key() + " at step " + d.step(),
          "a rollback from step " + from + " to " + to + ", as in this run",
          d.what().key() + " from " + d.from() + " to " + d.to(),
          HINT);
    }
    next++;
  }
}
