package io.holdfast.train;

import io.holdfast.common.OutOfMemoryException;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Gate;
import io.holdfast.common.governor.Governor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Leads a training run through its steps with as much effort as its governor allows; without one,
 * with all that is planned. Decisions are keyed to steps and written down before the step is taken.
 */
final class Steering {
  /**
   * What a checkpoint keeps; the decisions themselves are in the journal.
   *
   * @param journal bytes of it that belong to the steps before
   * @param seconds that training ran, pauses left out
   * @param coreSeconds of processor time
   * @param steps that were taken so far, those from which the run went back too
   * @param gradients of the search in them, per sample of a batch
   * @param planned what these would have been with all effort
   * @param secondsScale what was learnt of a step's cost in time, 0 for nothing, as {@link
   *     StepCost#scale}
   * @param coreScale the same of processor time
   */
  record Saved(
      long journal,
      double seconds,
      double coreSeconds,
      long steps,
      double gradients,
      double planned,
      double secondsScale,
      double coreScale) {
    static final Saved START = new Saved(0, 0, 0, 0, 0, 0, 0, 0);
  }

  private final @Nullable Governor governor;
  private final RunState state;
  private final Course course;
  private final int perEpoch;
  private final long total;
  private final Ladder.Rung whole;
  private final Account account;
  private final Forecast forecast;
  private final Planner planner;
  private final @Nullable Replay replay;
  private final boolean resumable;

  private Steering(
      @Nullable Governor governor,
      RunState state,
      Course course,
      TrainSettings settings,
      int perEpoch,
      LookCosts looks,
      boolean resumable,
      Saved saved) {
    this.governor = governor;
    this.state = state;
    this.course = course;
    this.perEpoch = perEpoch;
    this.resumable = resumable;
    total = state.effort.last();
    whole = new Ladder.Rung(Effort.mostSteps(settings), 1, 0, true);
    account = new Account(governor, saved);
    forecast = new Forecast(perEpoch, looks, course, account.meters());
    boolean later = governor != null && governor.budgets().later();
    planner = new Planner(Ladder.of(settings, looks, later), forecast, total);
    Path journal = governor == null ? null : governor.budgets().replay();
    replay =
        governor == null || journal == null
            ? null
            : Replay.of(journal, governor.trainingPhase(), state.effort);
    if (governor != null && resumable) {
      restore(governor.journal().decisions());
    }
  }

  /**
   * Begins to measure; takes up the decisions that the governor's journal has already.
   *
   * @param state whose effort it turns
   * @param looks what is looked at between steps
   * @throws io.holdfast.common.InvalidInputException if the journal to replay is another
   *     experiment's
   */
  static Steering of(
      @Nullable Governor governor,
      RunState state,
      Course course,
      TrainJob job,
      LookCosts looks,
      Saved saved) {
    int perEpoch = job.settings().stepsPerEpoch(job.train().size());
    boolean resumable = job.folder() != null; // else the journal's decisions are another run's
    return new Steering(governor, state, course, job.settings(), perEpoch, looks, resumable, saved);
  }

  private void restore(List<Decision> earlier) {
    earlier.forEach(d -> state.effort = state.effort.after(d));
    if (replay != null) {
      replay.skip(earlier);
    }
  }

  /**
   * Looks around before a step and decides; may wait.
   *
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  void before() {
    Governor g = governor;
    if (g == null) {
      return;
    }
    long step = state.counters.step();
    g.at(g.trainingPhase(), step);
    g.look();
    if (replay != null) {
      replay.at(step).forEach(this::take);
    } else {
      for (Planner.Change c : planner.at(step, effort())) {
        take(
            new Decision(
                g.trainingPhase(),
                step,
                c.what(),
                effort().value(c.what()),
                c.to(),
                c.why(),
                c.measured()));
      }
    }
    begin();
  }

  private void take(Decision decision) {
    if (governor != null) {
      governor.add(decision);
    }
    state.effort = state.effort.after(decision);
  }

  /** Something begins that is measured. */
  void begin() {
    account.begin();
  }

  /** A step was computed, and is about to be counted. */
  void stepped() {
    double z = course.progress();
    account.stepped(
        course.amount(effort(), z),
        course.amount(whole.of(effort()), z).gradients(),
        course.area(z),
        effort().last() - state.counters.step() - 1);
  }

  /** A probe for catastrophic overfitting was taken. */
  void probed() {
    account.meters().forEach(Meter::endProbe);
  }

  /**
   * Training went back: decisions stay in force, since their time is spent, and those from here on
   * are keyed to steps behind this rollback.
   *
   * @param from steps that were done
   * @param time whether there was any for a remedy; without it training ends here
   * @throws io.holdfast.common.InvalidInputException if a journal is replayed whose run did not
   */
  void wentBack(long from, boolean time) {
    Governor g = governor;
    if (g == null) {
      return;
    }
    long to = state.counters.step();
    planner.wentBack(to);
    if (replay != null) {
      replay.wentBack(from, to);
    }
    g.at(g.trainingPhase(), from);
    g.decide(
        What.ROLLBACK, (double) from, (double) to, "catastrophic overfitting", Replay.left(time));
  }

  /** An epoch's end was validated. */
  void validated() {
    account.meters().forEach(Meter::endValidation);
  }

  void saved() {
    account.meters().forEach(Meter::endSave);
  }

  /** Memory ran out in a step that changed nothing: whether it may be tried again, on less. */
  boolean relieve() {
    return governor != null && governor.relieve();
  }

  /** Does again, on fewer workers, what changes nothing before it is done, if memory runs out. */
  <T> T again(Supplier<T> work) {
    while (true) {
      try {
        return work.get();
      } catch (OutOfMemoryException e) {
        if (!relieve()) {
          throw e;
        }
      }
    }
  }

  /** Whether a run that is over was stopped before what was given up in it was kept. */
  boolean lacksSummary() {
    return governor != null
        && resumable
        && decisions().stream().noneMatch(d -> d.what() == What.SUMMARY);
  }

  /** What was decided in this training. */
  private List<Decision> decisions() {
    return governor == null
        ? List.of()
        : governor.journal().decisions().stream()
            .filter(d -> d.phase().equals(governor.trainingPhase()))
            .toList();
  }

  /** Writes down at the end what was given up. */
  void finish() {
    Governor g = governor;
    if (g == null) {
      return;
    }
    long steps = state.counters.step();
    double planned = account.meanPlanned();
    double done = account.meanGradients();
    Map<String, Double> measured = account.used();
    measured.put("steps", (double) steps);
    measured.put("steps_planned", (double) total);
    measured.put("gradients_per_epoch", done * perEpoch);
    measured.put("gradients_per_epoch_planned", planned * perEpoch);
    g.at(g.trainingPhase(), steps);
    g.decide(
        What.SUMMARY,
        planned,
        done,
        new GivenUp(
                Math.min(total, effort().last()),
                total,
                planned,
                done,
                steps > 0 && effort().progress(steps - 1) < effort().from(),
                GivenUp.unseen(decisions(), steps, perEpoch))
            .words(forecast.tightest()),
        measured);
  }

  /** Whether there is time for a step; in a replay, whether there was where training went back. */
  boolean hasTime() {
    if (governor == null) {
      return true;
    }
    return replay == null
        ? forecast.exhausted(state.counters.step(), effort()) == null
        : replay.hadTime();
  }

  /** The gate of a governor; an open one without it. */
  static Gate gate(@Nullable Governor governor) {
    return governor == null ? Gate.OPEN : governor.gate();
  }

  boolean governed() {
    return governor != null;
  }

  private Effort effort() {
    return state.effort;
  }

  /** Whether an epoch's end is validated; the end of training always is. */
  boolean validates() {
    boolean over = state.counters.stopped() || state.counters.step() >= effort().last();
    return effort().validates() || over;
  }

  /** What a checkpoint keeps; null without a governor. */
  @Nullable Saved save() {
    return governor == null ? null : account.save(governor.journal().sync());
  }
}
