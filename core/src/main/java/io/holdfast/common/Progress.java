package io.holdfast.common;

import java.io.PrintStream;
import java.util.List;

/**
 * Shows how far long work has come. Implementations are thread-safe and never fail; what they do
 * not override is not shown.
 */
public interface Progress {

  /**
   * Starts a task. While several are open, the one started last is shown.
   *
   * @param total how many units there are, or 0 where that is unknown
   * @param unit in the plural, such as {@code images}
   */
  Task start(String title, long total, String unit);

  /** Shows a line of text without disturbing the bar. */
  default void note(String line) {}

  /**
   * Keeps some lines in sight above the bar, in place of those that were; where nothing can be
   * overwritten they are not shown.
   *
   * @param lines without line ends; none to take them away
   */
  default void pin(List<String> lines) {}

  /**
   * The same for a part of the work, which pins nothing.
   *
   * @param part what tasks and lines of text begin with
   */
  default Progress of(String part) {
    Progress whole = this;
    return new Progress() {
      @Override
      public Task start(String title, long total, String unit) {
        return whole.start(part + " " + title, total, unit);
      }

      @Override
      public void note(String line) {
        whole.note(part + ": " + line);
      }
    };
  }

  /** Work in progress; close it when it ends, well or not. */
  interface Task extends AutoCloseable {

    /** {@code n} more units are done. */
    void advance(long n);

    /**
     * {@code n} units were done before this task started, as after a resume; they do not count for
     * the speed.
     */
    default void skip(long n) {}

    /** A figure to show beside the bar, such as the loss; the last value of each name stays. */
    default void stat(String name, double value) {}

    /** Ends the task with a line that says what was done. */
    @Override
    default void close() {}
  }

  /** Shows nothing. */
  static Progress silent() {
    return (title, total, unit) -> n -> {};
  }

  /**
   * Shows progress on a console: on a terminal a bar with speed and time to go, redrawn at most ten
   * times a second; elsewhere a plain line from time to time. The environment variable {@code
   * NO_COLOR} switches colour off and {@code COLUMNS} gives the width. Where the system does not
   * tell what a stream leads to (macOS), {@code HOLDFAST_TERMINAL=1} says that it is a terminal.
   *
   * @param out {@link System#err} or {@link System#out}; any other stream counts as no terminal
   */
  static Progress forConsole(PrintStream out) {
    return ConsoleProgress.of(out, System.getenv());
  }
}
