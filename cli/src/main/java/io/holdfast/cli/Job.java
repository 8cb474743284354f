package io.holdfast.cli;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;

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
    Problems problems = new Problems("");
    options.check(problems);
    problems.throwIfAny();
    Progress progress = Progress.forConsole(System.err);
    return new Job(progress, Stopper.install(progress));
  }

  @Override
  public void close() {
    stopper.close();
  }
}
