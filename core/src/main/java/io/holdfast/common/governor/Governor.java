package io.holdfast.common.governor;

import io.holdfast.common.Deadline;
import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Gauges.Load;
import java.time.LocalTime;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What may run now: measures, and lets heavy work wait or run on fewer workers at once, which
 * changes no result. Training asks it for more, see {@code io.holdfast.train}. Every decision and
 * its reason is written into the journal and shown. Safe for many threads.
 */
public final class Governor implements AutoCloseable {
  private static final long EVERY_NANOS = 250_000_000L;
  private static final long LONGEST_PAUSE_NANOS = 600_000_000_000L; // for others' load
  private static final long BREATH_NANOS = 60_000_000_000L; // of work after such a pause
  private static final String NO_CLOCK = "a clock that tells the time of day";

  private final Budgets budgets;
  private final Gauges gauges;
  private final Progress progress;
  private final Stopper stopper;
  private final int workers;
  private final String training; // its phase
  private final Journal journal = new Journal();
  private final Gate gate;
  private final int most;
  private final boolean urgent; // a deadline or a cost is kept
  private final @Nullable LoadRule load;
  private final MemoryRule memory;
  private final Pauses pauses;
  private final boolean memoryLimited;
  private volatile Deadline end = Deadline.none();
  private volatile String phase = "start";
  private volatile long step = -1;
  private volatile long nextLook;
  private long breathes; // until when others' load makes no pause

  private Governor(
      Budgets budgets,
      Gauges gauges,
      int workers,
      Progress progress,
      Stopper stopper,
      String training) {
    this.budgets = budgets;
    this.gauges = gauges;
    this.progress = progress;
    this.stopper = stopper;
    this.workers = workers;
    this.training = training;
    most = budgets.cores() == 0 ? workers : Math.min(workers, budgets.cores());
    urgent = budgets.deadline() != null || budgets.coreSeconds() > 0;
    load = budgets.load() == 0 ? null : new LoadRule(budgets.load(), most);
    memoryLimited = budgets.memory() > 0 && gauges.memoryBytes() >= 0; // where systems tell
    memory = new MemoryRule(budgets.memory(), memoryLimited ? 1 : most, most);
    pauses = new Pauses(gauges, stopper);
    gate = new Gate(workers, this::look);
    nextLook = gauges.nanos();
    breathes = nextLook;
  }

  /**
   * A governor.
   *
   * @param workers that there are, at least 1
   * @param progress told of every decision
   * @param stopper looked at while work waits
   * @throws InvalidInputException if hours are given and the gauges have no clock
   */
  public static Governor of(
      Budgets budgets, Gauges gauges, int workers, Progress progress, Stopper stopper) {
    if (budgets.hours() != null && gauges.timeOfDay() == null) {
      throw new InvalidInputException("governor", "hours", NO_CLOCK, "none");
    }
    return new Governor(budgets, gauges, workers, progress, stopper, Decision.TRAINING);
  }

  /**
   * A governor of one stage of what this one governs, with a journal of its own.
   *
   * @param stage its name
   * @param own its budgets
   * @param shown told of every decision
   */
  public Governor part(String stage, Budgets own, Progress shown) {
    return new Governor(own, gauges, workers, shown, stopper, Decision.trainingOf(stage));
  }

  /** What training is called in the journal: {@code training}, or {@code training/STAGE}. */
  public String trainingPhase() {
    return training;
  }

  /**
   * Tells when the work must end that it governs. Until then it does not wait for others, and not
   * for its hours beyond it.
   */
  public void until(Deadline deadline) {
    end = deadline;
  }

  public Budgets budgets() {
    return budgets;
  }

  public Gauges gauges() {
    return gauges;
  }

  public Journal journal() {
    return journal;
  }

  /** Where shards pass. */
  public Gate gate() {
    return gate;
  }

  /** A clock in nanoseconds that stands still while the governor makes work wait. */
  public long activeNanos() {
    return gauges.nanos() - pauses.nanos();
  }

  /**
   * Says what is under way, for the journal.
   *
   * @param name of the phase
   * @param done steps so far; -1 to count shards
   */
  public void at(String name, long done) {
    phase = name;
    step = done;
  }

  /** Writes a decision down and shows it. */
  public void decide(What what, double from, double to, String why, Map<String, Double> measured) {
    add(new Decision(phase, step < 0 ? gate.passed() : step, what, from, to, why, measured));
  }

  /** As {@link #decide}, of a decision that was taken elsewhere. */
  public void add(Decision decision) {
    journal.add(decision);
    progress.note("governor: " + decision.words());
  }

  /**
   * Looks around, at most four times a second; waits while nothing may run.
   *
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  public void look() {
    stopper.check();
    if (pauses.waits() || gauges.nanos() - nextLook >= 0) {
      lookNow();
    }
  }

  /** How many shards may be inside at once by one measure. */
  private record Limit(int places, String why, Map<String, Double> measured) {}

  private synchronized void lookNow() {
    if (gauges.nanos() - nextLook < 0) {
      return; // another has looked meanwhile
    }
    awaitHours();
    Limit least =
        Stream.of(
                new Limit(most, most + (most == 1 ? " core" : " cores") + " may be used", Map.of()),
                byLoad(),
                byMemory())
            .min(Comparator.comparingInt(Limit::places)) // the first of equal ones
            .orElseThrow();
    turn(least);
    nextLook = gauges.nanos() + EVERY_NANOS;
  }

  private Limit byMemory() {
    long held = memoryLimited ? gauges.memoryBytes() : -1;
    int before = memory.places();
    int fit = memory.look(held, gate.passed(), gate.peak());
    if (fit < before) {
      gauges.release();
    }
    String why =
        held < 0
            ? "as before memory ran out"
            : Format.bytes(held) + " of " + Format.bytes(budgets.memory()) + " are held";
    return new Limit(
        fit,
        why,
        held < 0
            ? Map.of()
            : Map.of("memory_bytes", (double) held, "limit_bytes", (double) budgets.memory()));
  }

  /** As many as others leave, at least one; waits while that is none. */
  private Limit byLoad() {
    LoadRule rule = load;
    if (rule == null) {
      return new Limit(Integer.MAX_VALUE, "", Map.of());
    }
    Load now = gauges.load();
    int fit = rule.look(now);
    if (fit == 0 && !isUrgent() && gauges.nanos() - breathes >= 0) {
      fit = awaitOthers(rule, now);
    }
    return new Limit(Math.max(1, fit), busy(now), measured(now));
  }

  /** Whether every second counts: no pause for others. */
  private boolean isUrgent() {
    return urgent || !end.isNone();
  }

  private static String busy(Load now) {
    return "other processes use "
        + Format.number(now.others())
        + " of "
        + Format.number(now.cores())
        + " cores";
  }

  private static Map<String, Double> measured(Load now) {
    return Map.of("others_cores", now.others(), "machine_cores", now.cores());
  }

  private void turn(Limit to) {
    int before = gate.places();
    if (to.places() != before) {
      gate.places(to.places());
      decide(What.WORKERS, before, to.places(), to.why(), to.measured());
    }
  }

  private int awaitOthers(LoadRule rule, Load first) {
    decide(What.PAUSE, 0, 1, busy(first), measured(first));
    long begin = gauges.nanos();
    double waited =
        pauses.whilst(
            () -> rule.look(gauges.load()) == 0 && gauges.nanos() - begin < LONGEST_PAUSE_NANOS);
    int fit = rule.places();
    if (fit == 0) {
      breathes = gauges.nanos() + BREATH_NANOS;
    }
    Load now = rule.seen();
    goOn(waited, fit == 0 ? "it has waited long enough" : busy(now), measured(now));
    return fit;
  }

  private void awaitHours() {
    Hours hours = budgets.hours();
    if (hours == null || isNow(hours) || end.passed()) {
      return;
    }
    decide(What.PAUSE, 0, 1, "it is " + minute() + " and work runs " + hours, Map.of());
    double waited = pauses.whilst(() -> !isNow(hours) && !end.passed());
    goOn(waited, isNow(hours) ? "it is " + minute() : "the time for all of it is over", Map.of());
  }

  private boolean isNow(Hours hours) {
    LocalTime now = gauges.timeOfDay();
    return now == null || hours.contains(now);
  }

  private String minute() {
    return String.valueOf(gauges.timeOfDay()).replaceFirst("(\\d\\d:\\d\\d).*", "$1");
  }

  private void goOn(double waited, String why, Map<String, Double> measured) {
    Map<String, Double> all = new LinkedHashMap<>(measured);
    all.put("waited_seconds", waited);
    decide(What.PAUSE, 1, 0, why, all);
  }

  /**
   * Memory ran out in work that changed nothing and can be done again: on half of the workers.
   *
   * @return false if it ran on one already
   */
  public synchronized boolean relieve() {
    int before = gate.places();
    if (!memory.halve(before, gate.passed(), gate.peak())) {
      return false;
    }
    gauges.release();
    Map<String, Double> seen = Map.of("memory_bytes", (double) gauges.memoryBytes());
    turn(new Limit(memory.places(), "memory ran out", seen));
    return true;
  }

  @Override
  public void close() {
    journal.close();
  }
}
