package io.holdfast.cli;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.tensor.Memory;

/**
 * A long job under way: shows its progress on the error stream and stops at Ctrl-C.
 *
 * @param progress on the error stream, so that standard output holds results alone
 * @param stopper set by Ctrl-C
 */
record Job(Progress progress, Stopper stopper) implements AutoCloseable {

  /**
   * Begins a job.
   *
   * @throws InvalidInputException if the options make no sense
   */
  static Job start(JobOptions options) {
    if (options.workers < 0) {
      throw new InvalidInputException(
          "--workers", "", "at least 1, or 0 for one per core", Integer.toString(options.workers));
    }
    Memory.limitBytes(); // refuses a limit that is no size before anything is done
    Progress progress = Progress.forConsole(System.err);
    return new Job(progress, Stopper.install(progress));
  }

  @Override
  public void close() {
    stopper.close();
  }
}
