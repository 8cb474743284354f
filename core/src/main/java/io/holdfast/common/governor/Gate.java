package io.holdfast.common.governor;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where shards of heavy work pass on their way to a worker: at most so many are inside at once, and
 * before each the governor may look around and wait. Whoever waits longest goes first, so that jobs
 * that share a gate go on side by side. What comes out does not depend on it.
 */
public final class Gate {
  /** Lets everything pass. */
  public static final Gate OPEN = new Gate(Integer.MAX_VALUE, () -> {});

  private static final ThreadLocal<@Nullable Gate> MINE = new ThreadLocal<>();

  private final Runnable look;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final AtomicLong passed = new AtomicLong();
  private int places;
  private int inside;
  private int peak; // most that were inside since that was asked
  private long tickets; // given to those who wait
  private long next; // whose turn it is

  /**
   * @param places at least 1
   * @param look called before each shard; it may wait, and may throw
   */
  Gate(int places, Runnable look) {
    this.places = places;
    this.look = look;
  }

  /**
   * A gate for several jobs that share a number of cores.
   *
   * @param places shards at once, at least 1
   */
  public static Gate sharing(int places) {
    if (places < 1) {
      throw new IllegalArgumentException("places: at least 1, found " + places);
    }
    return new Gate(places, () -> {});
  }

  /** Does one shard's work when there is a place; work within it needs no further one. */
  public <T> T pass(Supplier<T> work) {
    if (this == OPEN || MINE.get() == this) {
      return work.get();
    }
    look.run();
    enter();
    @Nullable Gate before = MINE.get();
    MINE.set(this);
    try {
      return work.get();
    } finally {
      MINE.set(before);
      leave();
    }
  }

  private void enter() {
    lock.lock();
    try {
      long own = tickets++;
      while (own != next || inside >= places) {
        room.awaitUninterruptibly();
      }
      next++;
      inside++;
      peak = Math.max(peak, inside);
      room.signalAll(); // there may be a place for the next one too
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      inside--;
      passed.incrementAndGet();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many shards have passed so far. */
  long passed() {
    return passed.get();
  }

  /** The most shards that were inside at once since the last call. */
  int peak() {
    lock.lock();
    try {
      int most = peak;
      peak = inside;
      return most;
    } finally {
      lock.unlock();
    }
  }

  int places() {
    lock.lock();
    try {
      return places;
    } finally {
      lock.unlock();
    }
  }

  /** Changes how many may be inside at once; those inside already finish. */
  void places(int number) {
    lock.lock();
    try {
      places = number;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
