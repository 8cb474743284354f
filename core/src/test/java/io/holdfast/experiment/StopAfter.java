package io.holdfast.experiment;

import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;

/** Asks a run to stop after so many signs of progress. */
final class StopAfter implements Progress {
  private final Stopper stopper;
  private int left;

  StopAfter(int signs, Stopper stopper) {
    left = signs;
    this.stopper = stopper;
  }

  @Override
  public Task start(String title, long total, String unit) {
    return n -> {
      if (--left == 0) {
        stopper.request();
      }
    };
  }
}
