package io.holdfast.testkit.evaluate;

import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import java.util.concurrent.atomic.AtomicInteger;

/** Requests a stop after some chunks, as a user would who watches the figures. */
record StopAfter(Stopper stopper, int chunks, AtomicInteger seen) implements Progress {
  StopAfter(Stopper stopper, int chunks) {
    this(stopper, chunks, new AtomicInteger());
  }

  @Override
  public Task start(String title, long total, String unit) {
    return new Task() {
      private long done;

      @Override
      public void advance(long n) {
        done += n;
      }

      @Override
      public void skip(long n) {
        done += n;
      }

      @Override
      public void stat(String name, double value) {
        boolean ended = done == total || done % Suite.CHUNK == 0; // else it is under way
        if (ended && seen.incrementAndGet() == chunks) {
          stopper.request();
        }
      }
    };
  }
}
