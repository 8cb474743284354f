package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Threads that compute shards, each with one intra-op thread. What a shard is never depends on the
 * number of workers, and results come back in shard order, so that any number of workers gives the
 * same bits.
 */
public final class Workers implements AutoCloseable {
  private final int count;
  private final ExecutorService pool;

  private Workers(int count) {
    Engine.load();
    this.count = count;
    AtomicInteger number = new AtomicInteger();
    pool =
        Executors.newFixedThreadPool(
            count,
            work -> {
              Thread t =
                  new Thread(
                      () -> {
                        Engine.pinThread();
                        work.run();
                      },
                      "holdfast-worker-" + number.getAndIncrement());
              t.setDaemon(true);
              return t;
            });
  }

  /**
   * A pool of workers.
   *
   * @param count at least 1
   */
  public static Workers of(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("workers: at least 1, found " + count);
    }
    return new Workers(count);
  }

  /** One worker for each core that this process may use. */
  public static Workers auto() {
    return of(Processor.cores());
  }

  public int count() {
    return count;
  }

  /**
   * Computes shards 0 .. shards-1; a free worker takes the next one. Each task runs in a scope of
   * its own; what must outlive it is adopted by a {@link SharedScope} of the caller.
   *
   * @return the results in shard order
   * @throws RuntimeException that of the lowest shard that failed; shards not begun are skipped
   */
  public <T> List<T> map(int shards, IntFunction<T> task) {
    AtomicReferenceArray<@Nullable Object> results = new AtomicReferenceArray<>(shards);
    AtomicReferenceArray<@Nullable Throwable> failures = new AtomicReferenceArray<>(shards);
    AtomicInteger next = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    int active = Math.min(count, shards);
    CountDownLatch done = new CountDownLatch(active);
    for (int w = 0; w < active; w++) {
      pool.execute(
          () -> {
            try {
              for (int i = next.getAndIncrement(); i < shards; i = next.getAndIncrement()) {
                if (failed.get() > 0) {
                  return;
                }
                try (Scope scope = Scope.open()) {
                  results.set(i, task.apply(i));
                } catch (Throwable e) {
                  failures.set(i, e);
                  failed.incrementAndGet();
                }
              }
            } finally {
              done.countDown();
            }
          });
    }
    await(done);
    return collect(shards, results, failures);
  }

  private static void await(CountDownLatch done) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // shared tensors may be closed only after the workers joined
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings("unchecked") // only this method's caller wrote T into results
  private static <T> List<T> collect(
      int shards,
      AtomicReferenceArray<@Nullable Object> results,
      AtomicReferenceArray<@Nullable Throwable> failures) {
    List<T> list = new ArrayList<>(shards);
    for (int i = 0; i < shards; i++) {
      Throwable e = failures.get(i);
      if (e instanceof RuntimeException r) {
        throw r;
      }
      if (e instanceof OutOfMemoryError) {
        throw new HoldfastException("out of memory: " + e.getMessage(), e);
      }
      if (e != null) {
        throw new HoldfastException("a worker failed: " + e, e);
      }
      list.add((T) results.get(i));
    }
    return list;
  }

  /** Ends the threads; work in progress is finished first. */
  @Override
  public void close() {
    pool.shutdown();
  }
}
