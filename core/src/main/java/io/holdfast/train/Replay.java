package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Journal;
import java.nio.file.Path;
import java.util.List;

/** The decisions of an earlier run that change results, taken again at the same steps. */
final class Replay {
  private static final String HINT =
      "a replay needs the experiment of the run that wrote the journal, but for its section"
          + " governor";

  private final List<Decision> decisions;
  private int next;

  private Replay(List<Decision> decisions) {
    this.decisions = decisions;
  }

  /**
   * Those of a journal.
   *
   * @param full the effort that the run would begin with
   * @throws InvalidInputException if the file is no journal, or that of another experiment
   */
  static Replay of(Path file, Effort full) {
    List<Decision> all =
        Journal.read(file).stream().filter(d -> d.what().changesResults()).toList();
    Effort effort = full;
    long step = 0;
    for (Decision d : all) {
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
    return new Replay(all);
  }

  /** Passes over those that were taken before a resume. */
  void skip(List<Decision> taken) {
    next = (int) taken.stream().filter(d -> d.what().changesResults()).count();
  }

  /** Those that are due before a step. */
  List<Decision> at(long step) {
    int from = next;
    while (next < decisions.size() && decisions.get(next).step() <= step) {
      next++;
    }
    return decisions.subList(from, next);
  }
}
