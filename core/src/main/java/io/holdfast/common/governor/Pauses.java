package io.holdfast.common.governor;

import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Waits for better times, and knows how long it did. */
final class Pauses {
  private static final long NAP_MILLIS = 250;

  private final Gauges gauges;
  private final Stopper stopper;
  private final AtomicLong waitedNanos = new AtomicLong();
  private volatile boolean waits;

  Pauses(Gauges gauges, Stopper stopper) {
    this.gauges = gauges;
    this.stopper = stopper;
  }

  /**
   * Waits as long as something holds, which is looked at four times a second.
   *
   * @return how long, in seconds
   * @throws RunInterruptedException if a stop was requested, or the thread interrupted
   */
  double whilst(BooleanSupplier holds) {
    long begin = gauges.nanos();
    waits = true;
    try {
      while (holds.getAsBoolean()) {
        stopper.check();
        if (Thread.currentThread().isInterrupted()) { // no sleep would last
          throw new RunInterruptedException("interrupted while the governor made work wait");
        }
        gauges.sleep(NAP_MILLIS);
      }
    } finally {
      waits = false;
      waitedNanos.addAndGet(gauges.nanos() - begin);
    }
    return (gauges.nanos() - begin) / 1e9;
  }

  /** Whether something waits now. */
  boolean waits() {
    return waits;
  }

  /** Of all pauses that are over. */
  long nanos() {
    return waitedNanos.get();
  }
}
