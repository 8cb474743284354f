package io.holdfast.experiment;

import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.governor.Budgets;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment file asks for beyond one training.
 *
 * @param stages of training in their order; none where there is only one
 * @param seeds each of which is a run of its own; none where there is only the experiment's
 * @param search over settings, or null for none
 * @param track where runs are told of, or null for nowhere
 */
public record Programme(
    List<Stage> stages,
    List<Long> seeds,
    @Nullable TuningSection search,
    @Nullable TrackSection track) {
  /** One training, once. */
  public static final Programme NONE = new Programme(List.of(), List.of(), null, null);

  /** What a governor may keep to beside a search. */
  static final String COMPARABLE =
      "cores, memory, load and hours alone beside a search, whose trials are compared";

  private static final String SEEDS = "seeds";

  /** The keys of a file that a single training does not have. */
  private static final String[] KEYS = {Stage.KEY, SEEDS, TuningSection.KEY, TrackSection.KEY};

  public Programme {
    stages = List.copyOf(stages);
    seeds = List.copyOf(seeds);
  }

  /** What is in a file before the stages are experiments of their own. */
  record Written(
      List<Stage.Section> stages,
      List<Long> seeds,
      @Nullable TuningSection search,
      @Nullable TrackSection track) {
    /** What is given up in one trial would be compared with what is not in another. */
    void requireComparable(Budgets governor, SettingsReader r) {
      if (governor.changeResults() && search != null) {
        r.reject(
            "governor",
            COMPARABLE,
            governor.deadline() != null
                ? "a deadline"
                : governor.replay() != null ? "a replay" : "core_time",
            "search.epochs limits a search");
      }
    }

    /**
     * All of it, after the experiment itself was read.
     *
     * @param problems that the experiment has already
     */
    Programme complete(Settings settings, String source, Problems problems) {
      return new Programme(
          Stage.of(stages, single(settings), source, problems), seeds, search, track);
    }
  }

  /** Reads the keys; problems go to the reader. */
  static Written read(SettingsReader r, Settings settings) {
    List<Stage.Section> stages = Stage.sections(r);
    List<Long> seeds = r.longIntegers(SEEDS, List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
    if (new HashSet<>(seeds).size() < seeds.size()) {
      r.reject(SEEDS, "each seed once", seeds.toString(), null);
    }
    TuningSection search =
        TuningSection.read(r, settings.without(TuningSection.KEY, SEEDS, TrackSection.KEY));
    if (search != null && !seeds.isEmpty()) {
      r.reject(
          TuningSection.KEY,
          "one of search and seeds",
          "both",
          "search under one seed first, then run what was found under several");
    }
    return new Written(stages, seeds, search, TrackSection.read(r));
  }

  /** Settings without what is no single training. */
  static Settings single(Settings settings) {
    return settings.without(KEYS);
  }
}
