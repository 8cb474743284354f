package io.holdfast.common.governor;

import io.holdfast.common.Bytes;
import io.holdfast.common.Deadline;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a run may use: the section {@code governor} of an experiment or campaign file. See {@code
 * docs/governor.md}.
 *
 * @param cores the most shards that are computed at once; 0 for as many as there are workers
 * @param memory the most bytes that the process may hold, native memory included; 0 for no limit
 *     beyond that of every run
 * @param load share of the machine's cores in (0, 1] that may be busy, with other processes
 *     counted; 0 not to look at them
 * @param hours of the day in which work runs, or null for all
 * @param deadline the most time, or null
 * @param whole whether the deadline covers the closing evaluation too, and not training alone
 * @param coreSeconds the most processor time of training, in seconds over all its threads; 0 for no
 *     limit
 * @param later whether adversarial samples that there is no time for are left out of the first part
 *     of training, before all of it has fewer
 * @param replay a journal whose decisions are taken again, or null to measure
 */
public record Budgets(
    int cores,
    long memory,
    double load,
    @Nullable Hours hours,
    @Nullable Duration deadline,
    boolean whole,
    double coreSeconds,
    boolean later,
    @Nullable Path replay) {
  /** No limits: as if there were no governor. */
  public static final Budgets NONE = new Budgets(0, 0, 0, null, null, false, 0, false, null);

  private static final String TRAINING = "training";
  private static final String RUN = "run";
  private static final String FEWER = "fewer";
  private static final String LATER = "later";

  /** Reads the section of an experiment file; problems go to the reader. */
  public static Budgets read(SettingsReader r) {
    Budgets common = readForAttacks(r);
    Duration deadline = time(r, "deadline");
    boolean whole = r.choice("covers", TRAINING, List.of(TRAINING, RUN)).equals(RUN);
    if (whole && deadline == null) {
      r.reject("covers", "a deadline beside it", "none", null);
    }
    Duration cost = time(r, "core_time");
    boolean later = r.choice("samples", FEWER, List.of(FEWER, LATER)).equals(LATER);
    String replay = r.textOrNull("replay");
    if (later && deadline == null && cost == null && replay == null) {
      r.reject("samples", "a deadline or core_time beside it", "neither", null);
    }
    if (replay != null && (deadline != null || cost != null)) {
      r.reject(
          "replay",
          "no deadline and no core_time beside it",
          deadline != null ? "a deadline" : "core_time",
          "the decisions that they led to are in the journal");
    }
    if (replay != null && !Files.isRegularFile(Path.of(replay))) {
      r.reject("replay", "the journal.jsonl of a run", replay + ", which is not there", null);
      replay = null;
    }
    return new Budgets(
        common.cores,
        common.memory,
        common.load,
        common.hours,
        deadline,
        whole,
        cost == null ? 0 : cost.toMillis() / 1e3,
        later,
        replay == null ? null : Path.of(replay));
  }

  /** Reads what bounds attacks too: cores, memory, load and hours, which change no results. */
  public static Budgets readForAttacks(SettingsReader r) {
    int cores = r.has("cores") ? r.integer("cores", 1, 1 << 16) : 0;
    double load = r.has("load") ? r.number("load", 0.01, 1) : 0;
    return new Budgets(cores, memory(r), load, hours(r), null, false, 0, false, null);
  }

  private static long memory(SettingsReader r) {
    String text = r.textOrNull("memory");
    if (text == null) {
      return 0;
    }
    OptionalLong bytes = Bytes.parse(text);
    if (bytes.isEmpty()) {
      r.reject("memory", "bytes, or a size such as 512m or 5g", '"' + text + '"', null);
    }
    return bytes.orElse(0);
  }

  private static @Nullable Hours hours(SettingsReader r) {
    String text = r.textOrNull("hours");
    try {
      return text == null ? null : Hours.parse(text);
    } catch (InvalidInputException e) {
      reject(r, "hours", e);
      return null;
    }
  }

  private static @Nullable Duration time(SettingsReader r, String key) {
    String text = r.textOrNull(key);
    try {
      return text == null ? null : Deadline.parse(text);
    } catch (InvalidInputException e) {
      reject(r, key, e);
      return null;
    }
  }

  private static void reject(SettingsReader r, String key, InvalidInputException e) {
    Problem p = e.problems().get(0);
    r.reject(key, p.expected(), p.found(), p.hint());
  }

  /** Whether there is nothing to govern. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** Those that bound attacks: neither deadline nor cost, which are for training. */
  public Budgets forAttacks() {
    return new Budgets(cores, memory, load, hours, null, false, 0, false, null);
  }

  /** The same with another deadline, which covers training alone. */
  public Budgets withDeadline(Duration other) {
    return new Budgets(cores, memory, load, hours, other, false, coreSeconds, later, replay);
  }

  /** The same with another limit of processor time, in seconds. */
  public Budgets withCoreSeconds(double other) {
    return new Budgets(cores, memory, load, hours, deadline, whole, other, later, replay);
  }

  /** The same, where adversarial samples are put off or not. */
  public Budgets withDelay(boolean other) {
    return new Budgets(cores, memory, load, hours, deadline, whole, coreSeconds, other, replay);
  }

  /** The same, taking the decisions of a journal again. */
  public Budgets withReplay(Path journal) {
    return new Budgets(cores, memory, load, hours, deadline, whole, coreSeconds, later, journal);
  }

  /** Whether results depend on them: on a deadline, on processor time, or on what is replayed. */
  public boolean changeResults() {
    return deadline != null || coreSeconds > 0 || replay != null;
  }
}
