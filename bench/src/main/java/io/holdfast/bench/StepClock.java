package io.holdfast.bench;

import io.holdfast.common.Progress;
import java.util.ArrayList;
import java.util.List;

/** Notes when each step of a training run ended. */
final class StepClock implements Progress, Progress.Task {
  private final List<Long> ends = new ArrayList<>(); // nanoseconds

  @Override
  public Task start(String title, long total, String unit) {
    return this;
  }

  @Override
  public void advance(long n) {
    ends.add(System.nanoTime());
  }

  /**
   * How long the last steps took together.
   *
   * @param steps fewer than there were
   */
  double seconds(int steps) {
    int last = ends.size() - 1;
    if (last < steps) {
      throw new IllegalStateException(ends.size() + " steps, not more than " + steps);
    }
    return 1e-9 * (ends.get(last) - ends.get(last - steps));
  }
}
