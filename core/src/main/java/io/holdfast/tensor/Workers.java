package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.OutOfMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Threads that compute shards, each with one intra-op thread. What a shard is never depends on the
 * number of workers, and results come back in shard order, so that any number of workers gives the
 * same bits. Several threads may use one pool at once. A task that uses its own pool again computes
 * those shards itself, one after the other.
 */
public final class Workers implements AutoCloseable {
  private static final ThreadLocal<@Nullable Workers> MINE = new ThreadLocal<>();

  private final int count;
  private final ExecutorService pool;
  private final ExecutorService together; // one thread for each shard of a call

  private Workers(int count) {
    Engine.load();
    this.count = count;
    pool = Executors.newFixedThreadPool(count, threads("holdfast-worker-"));
    together = Executors.newCachedThreadPool(threads("holdfast-shard-"));
  }

  private ThreadFactory threads(String name) {
    AtomicInteger number = new AtomicInteger();
    return work -> {
      Thread t =
          new Thread(
              () -> {
                Engine.pinThread();
                MINE.set(this);
                work.run();
              },
              name + number.getAndIncrement());
      t.setDaemon(true);
      return t;
    };
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

  /**
   * A pool for a device. CUDA gets one worker however many are wanted: it computes for one at a
   * time, with all that it has.
   *
   * @param count at least 0; 0 for one for each core that this process may use
   */
  public static Workers on(Device device, int count) {
    if (!device.isCpu()) {
      return of(1);
    }
    return count == 0 ? auto() : of(count);
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
    Job<T> job = new Job<>(shards, task);
    int active = MINE.get() == this ? 0 : Math.min(count, shards);
    CountDownLatch done = new CountDownLatch(active);
    for (int w = 0; w < active; w++) {
      submit(pool, job::run, done);
    }
    if (active == 0) {
      job.run();
    }
    await(done);
    return job.collect();
  }

  /**
   * As {@link #map}, for shards that need each other on the way: all are begun, each on a thread of
   * its own, and at most {@link #count} compute at any time while the others wait where they {@link
   * Meeting#exchange meet} or for their turn. What all of them hold is in memory at once.
   *
   * @param task from where its shard meets the others
   * @throws RuntimeException that of the lowest shard that failed by itself; the others fail where
   *     they meet next
   */
  public <T> List<T> mapTogether(int shards, Function<Meeting, T> task) {
    Rendezvous place = new Rendezvous(shards, count);
    Job<T> job = new Job<>(shards, shard -> task.apply(new Meeting(place, shard, Scope.current())));
    CountDownLatch done = new CountDownLatch(shards);
    for (int i = 0; i < shards; i++) {
      int shard = i;
      try {
        submit(together, () -> place.attend(() -> job.compute(shard)), done);
      } catch (RuntimeException | Error e) { // no thread to be had: the others shall not wait
        for (; i < shards; i++) {
          place.leave();
          done.countDown();
        }
        await(done);
        throw e;
      }
    }
    await(done);
    return job.collect();
  }

  private static void submit(ExecutorService to, Runnable work, CountDownLatch done) {
    try {
      to.execute(
          () -> {
            try {
              work.run();
            } finally {
              done.countDown();
            }
          });
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("workers used after they were closed", e);
    }
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

  /** The shards of one call. */
  private static final class Job<T> {
    private final int shards;
    private final IntFunction<T> task;
    private final AtomicReferenceArray<@Nullable Object> results;
    private final AtomicReferenceArray<@Nullable Throwable> failures;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger lowestFailed = new AtomicInteger(Integer.MAX_VALUE);

    Job(int shards, IntFunction<T> task) {
      this.shards = shards;
      this.task = task;
      results = new AtomicReferenceArray<>(shards);
      failures = new AtomicReferenceArray<>(shards);
    }

    /** Computes shards until none is left. */
    void run() {
      for (int i = next.getAndIncrement(); i < shards; i = next.getAndIncrement()) {
        // Those below a failed one are computed: which failure is told does not depend on timing.
        if (i < lowestFailed.get()) {
          compute(i);
        }
      }
    }

    private void compute(int shard) {
      try (Scope scope = Scope.open()) {
        results.set(shard, task.apply(shard));
      } catch (Throwable e) {
        failures.set(shard, e);
        lowestFailed.accumulateAndGet(shard, Math::min);
      }
    }

    @SuppressWarnings("unchecked") // only compute() wrote T into results
    List<T> collect() {
      Throwable failed = lowestFailure();
      if (failed != null) {
        throw failure(failed);
      }
      List<T> list = new ArrayList<>(shards);
      for (int i = 0; i < shards; i++) {
        list.add((T) results.get(i));
      }
      return list;
    }

    /** One that is the consequence of another's only where there is no other. */
    private @Nullable Throwable lowestFailure() {
      Throwable consequence = null;
      for (int i = 0; i < shards; i++) {
        Throwable e = failures.get(i);
        if (e != null && !(e instanceof Rendezvous.PartedException)) {
          return e;
        }
        consequence = consequence == null ? e : consequence;
      }
      return consequence;
    }

    private static RuntimeException failure(Throwable e) {
      if (e instanceof OutOfMemoryError) {
        return new OutOfMemoryException("out of memory: " + e.getMessage(), e);
      }
      if (e instanceof Error error) {
        throw error;
      }
      return e instanceof RuntimeException r
          ? Engine.explained(r)
          : new HoldfastException("a worker failed: " + e, e);
    }
  }

  /** Ends the threads; work in progress is finished first. */
  @Override
  public void close() {
    pool.shutdown();
    together.shutdown();
  }
}
