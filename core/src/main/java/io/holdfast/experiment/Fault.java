package io.holdfast.experiment;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import java.io.IOException;

/** Whose fault a failure is, where several trainings run one after the other. */
final class Fault {
  private Fault() {}

  /**
   * Whether it is the fault of what was trained: numbers that are not finite, too much memory. Then
   * the others go on; bad input, files that cannot be read or written, and stops end all of them.
   */
  static boolean ofTraining(HoldfastException e) {
    return !(e instanceof RunInterruptedException
        || e instanceof InvalidInputException
        || e.getCause() instanceof IOException);
  }
}
