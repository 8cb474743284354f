package io.holdfast.train;

import io.holdfast.attack.SearchRule;
import io.holdfast.common.Format;
import io.holdfast.common.Progress;
import io.holdfast.common.governor.Gate;
import io.holdfast.threat.Goal;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.OverfittingGuard.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The guard against catastrophic overfitting at work: probes, goes back, and names the remedy. */
final class Watch {
  private final TrainJob job;
  private final RunState state;
  private final OverfittingGuard guard;
  private final Validator probe;

  private Watch(TrainJob job, RunState state, OverfittingGuard guard, Validator probe) {
    this.job = job;
    this.state = state;
    this.guard = guard;
    this.probe = probe;
  }

  /**
   * That of a run, or null where it has none.
   *
   * @param gate that shards of probes pass
   */
  static @Nullable Watch of(TrainJob job, RunState state, Gate gate) {
    OverfittingGuard guard = job.settings().methods().guard();
    Validator probe = Validator.probe(job, gate);
    return guard == null || probe == null ? null : new Watch(job, state, guard, probe);
  }

  private State seen() {
    return Objects.requireNonNull(state.counters.guard());
  }

  /** What a run's search has become. */
  Adversary after(Adversary search) {
    return OverfittingGuard.after(seen().applied(), search, job.threat());
  }

  /** Before the first step there is nothing to lose. */
  void begin() {
    if (seen().good() == null) {
      keep();
    }
  }

  private void keep() {
    state.keepGood();
    state.counters = state.counters.with(seen().good(withoutGuard(state.counters)));
  }

  private static Counters withoutGuard(Counters counters) {
    State none = null;
    return counters.with(none);
  }

  /** Samples of a probe. */
  int size() {
    return probe.size();
  }

  boolean isDue() {
    long step = state.counters.step();
    boolean last = step >= state.effort.last() && seen().probed() != step;
    return guard.isDue(step, seen()) || last;
  }

  /**
   * Measures, and goes back where it must.
   *
   * @param search that training used last
   * @param threat at its present strength
   * @param time whether there is any to go on with a remedy
   * @return whether the run went back
   */
  boolean probe(
      Adversary search, ThreatModel threat, boolean time, RunLog log, Progress.Task task) {
    long step = state.counters.step();
    ThreatModel any = threat.wanting(Goal.anyWrong()); // as training's own search
    Validator.Figures now = probe.measure(state.network.classifier(), Math.toIntExact(step), any);
    double robust = Objects.requireNonNull(now.robust());
    State before = seen();
    log.probe(step, now, before.since().share(), task);
    boolean collapsed = guard.collapsed(robust, before, probe.size(), isComparable(search));
    if (collapsed && canGoBack(search, time)) {
      goBack(robust, time ? guard.next(search, job) : null, time, log);
      return true;
    }
    state.counters = state.counters.with(before.probed(step, robust));
    if (!collapsed && guard.good(robust, seen())) {
      keep();
    }
    return false;
  }

  /** Not a search that an objective makes weaker, nor one that ends early. */
  private boolean isComparable(Adversary search) {
    return !job.settings().objective().ownSearch()
        && !(search.inner().rule() instanceof SearchRule.Friendly);
  }

  /**
   * Without a remedy, or time for it, and with nothing learned that was good, going back would end
   * the run with the weights that it began with.
   */
  private boolean canGoBack(Adversary search, boolean time) {
    boolean goesOn = time && guard.next(search, job) != null;
    return goesOn || Objects.requireNonNull(seen().good()).step() > 0;
  }

  private void goBack(double robust, @Nullable Remedy remedy, boolean time, RunLog log) {
    State before = seen();
    Counters good = Objects.requireNonNull(before.good());
    List<Remedy> applied = new ArrayList<>(before.applied());
    if (remedy != null) {
      applied.add(remedy);
    }
    long step = state.counters.step();
    state.goBack();
    // What the best was before the collapse is not asked of the remedy.
    State then = new State(applied, good.step(), 0, Tally.NONE, good);
    state.counters = good.with(then);
    if (remedy == null) {
      state.counters = state.counters.stop();
    }
    String none = time ? "none is left" : "no time is left for one";
    String goesOn = remedy == null ? none + ": training ends here" : remedy.key();
    log.rollback(
        new RunLog.Rollback(
            step,
            good.step(),
            (double) good.step() / job.settings().stepsPerEpoch(job.train().size()),
            robust,
            before.best(),
            before.since().share(),
            goesOn));
    job.progress()
        .note(
            "catastrophic overfitting at step "
                + step
                + ": PGD leaves "
                + Format.percent(robust)
                + " of the held-out samples, "
                + standard(before)
                + "; back to step "
                + good.step()
                + ", remedy: "
                + goesOn);
  }

  /** What the probe was judged by. */
  private static String standard(State before) {
    Double own = before.since().share();
    return before.best() == 0 && own != null
        ? "training's own search " + Format.percent(own) + " of its own"
        : "at best " + Format.percent(before.best());
  }
}
