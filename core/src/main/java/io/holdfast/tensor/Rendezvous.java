package io.holdfast.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where the shards of one {@link Workers#mapTogether} meet, round after round. A round ends when
 * every shard has come or has ended; then either all have come to the same topic, or those who came
 * fail. Neither depends on timing. Those who wait let others compute.
 */
final class Rendezvous {
  /** Why a shard did not get what it waited for; a consequence where another shard failed. */
  static final class PartedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    PartedException(String message) {
      super(message);
    }
  }

  private final int shards;
  private final Semaphore turns;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final String[] topics;
  private final double[][] brought;
  private List<double[]> all = List.of();
  private int arrived;
  private int left;
  private long round;
  private boolean parted;

  Rendezvous(int shards, int turns) {
    this.shards = shards;
    this.turns = new Semaphore(turns);
    topics = new String[shards];
    brought = new double[shards][];
  }

  /** Does the work of one shard when it is its turn. */
  void attend(Runnable work) {
    turns.acquireUninterruptibly();
    try {
      work.run();
    } finally {
      turns.release();
      leave();
    }
  }

  /** A shard comes no more. */
  void leave() {
    lock.lock();
    try {
      left++;
      endRound();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the others; gives what each has brought, in shard order. */
  List<double[]> meet(int shard, String topic, double[] mine) {
    turns.release();
    try {
      return await(shard, topic, mine);
    } finally {
      turns.acquireUninterruptibly();
    }
  }

  private List<double[]> await(int shard, String topic, double[] mine) {
    lock.lock();
    try {
      topics[shard] = topic;
      brought[shard] = mine;
      arrived++;
      long now = round;
      endRound();
      while (round == now) {
        ended.awaitUninterruptibly();
      }
      if (parted) {
        throw new PartedException(
            "shard " + shard + " came to " + topic + ", where not all others came");
      }
      return all;
    } finally {
      lock.unlock();
    }
  }

  private void endRound() {
    if (arrived == 0 || arrived + left < shards) {
      return;
    }
    parted |= left > 0 || Arrays.stream(topics).distinct().count() > 1;
    all = parted ? List.of() : List.of(brought.clone());
    arrived = 0;
    round++;
    ended.signalAll();
  }
}
