package io.holdfast.common;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Lets a run stop at a safe point: work calls {@link #check} where its state is whole. The first
 * Ctrl-C (or SIGTERM) requests the stop, the second one halts at once with exit code 130.
 */
public final class Stopper implements AutoCloseable {
  private static final int INTERRUPTED = 130;
  private static final List<String> SIGNALS = List.of("INT", "TERM");

  private final Consumer<String> say;
  private final List<Runnable> restore = new ArrayList<>();
  private volatile boolean requested;

  private Stopper(Consumer<String> say) {
    this.say = say;
  }

  /** One that only {@link #request} stops, for programs that mind their own signals. */
  public static Stopper manual() {
    return new Stopper(message -> {});
  }

  /** Takes over Ctrl-C until closed, telling the user beside the progress bar. */
  public static Stopper install(Progress progress) {
    return install(progress::note);
  }

  /** Takes over Ctrl-C until closed; {@code say} shows a line to the user. */
  public static Stopper install(Consumer<String> say) {
    Stopper stopper = new Stopper(say);
    for (String signal : SIGNALS) {
      stopper.restore.add(Signals.take(signal, stopper::onSignal));
    }
    return stopper;
  }

  /** Asks the run to stop at its next safe point. */
  public void request() {
    requested = true;
  }

  public boolean isRequested() {
    return requested;
  }

  /**
   * A safe point.
   *
   * @throws RunInterruptedException if a stop was requested
   */
  public void check() {
    if (requested) {
      throw new RunInterruptedException(
          "stopped at your request; run again with --resume to go on");
    }
  }

  /** Gives Ctrl-C back to whoever had it before. */
  @Override
  public void close() {
    restore.forEach(Runnable::run);
    restore.clear();
  }

  private void onSignal() {
    if (requested) {
      Runtime.getRuntime().halt(INTERRUPTED);
    }
    requested = true;
    say.accept("stopping at the next safe point; press Ctrl-C again to stop at once");
  }
}
