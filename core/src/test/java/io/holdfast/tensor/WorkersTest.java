package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.HoldfastException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {
  @RepeatedTest(20)
  void theLowestFailingShardIsToldWhateverTheTiming() {
    try (Workers w = Workers.of(3)) {
      assertThatThrownBy(
              () ->
                  w.map(
                      12,
                      i -> {
                        if (i == 5) {
                          Thread.onSpinWait();
                        }
                        if (i >= 5) {
                          throw new HoldfastException("shard " + i);
                        }
                        return i;
                      }))
          .hasMessage("shard 5");
    }
  }

  @Test
  void afterAFailureThePoolGoesOn() {
    try (Workers w = Workers.of(2)) {
      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(() -> w.map(3, k -> Tensors.ones(2).matmul(Tensors.ones(3))))
            .isInstanceOf(RuntimeException.class);
        assertThat(w.map(3, k -> Tensors.ones(2).sum().item())).containsExactly(2.0, 2.0, 2.0);
      }
    }
  }

  @Test
  void assertionErrorsPassAsTheyAre() {
    try (Workers w = Workers.of(1)) {
      assertThatThrownBy(
              () ->
                  w.map(
                      1,
                      i -> {
                        throw new AssertionError("seen");
                      }))
          .isInstanceOf(AssertionError.class)
          .hasMessage("seen");
    }
  }

  @Test
  void exhaustedMemoryIsAMessage() {
    try (Workers w = Workers.of(1)) {
      assertThatThrownBy(
              () ->
                  w.map(
                      1,
                      i -> {
                        throw new OutOfMemoryError("Java heap space");
                      }))
          .isInstanceOf(HoldfastException.class)
          .hasMessage("out of memory: Java heap space");
    }
  }

  @Test
  void aTaskMayUseItsOwnPoolAgain() {
    try (Workers w = Workers.of(2)) {
      List<Integer> sums =
          w.map(5, i -> w.map(4, k -> i * 10 + k).stream().mapToInt(Integer::intValue).sum());
      assertThat(sums).containsExactly(6, 46, 86, 126, 166);
    }
  }

  @Test
  void severalThreadsShareAPool() throws InterruptedException {
    AtomicInteger wrong = new AtomicInteger();
    try (Workers w = Workers.of(2)) {
      List<Thread> threads =
          IntStream.range(0, 4)
              .mapToObj(
                  n ->
                      new Thread(
                          () -> {
                            for (int k = 0; k < 20; k++) {
                              List<Integer> got = w.map(7, i -> n * 100 + i);
                              if (got.get(6) != n * 100 + 6) {
                                wrong.incrementAndGet();
                              }
                            }
                          }))
              .toList();
      threads.forEach(Thread::start);
      for (Thread t : threads) {
        t.join();
      }
    }
    assertThat(wrong).hasValue(0);
  }

  @Test
  void anInterruptedCallerWaitsForItsShardsAndStaysInterrupted() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    boolean[] interrupted = new boolean[1];
    List<?>[] results = new List<?>[1];
    try (Workers w = Workers.of(1)) {
      Thread caller =
          new Thread(
              () -> {
                results[0] =
                    w.map(
                        2,
                        i -> {
                          begun.countDown();
                          awaitQuietly(go);
                          return i;
                        });
                interrupted[0] = Thread.currentThread().isInterrupted();
              });
      caller.start();
      begun.await();
      caller.interrupt();
      go.countDown();
      caller.join();
    }
    assertThat(results[0]).isEqualTo(List.of(0, 1));
    assertThat(interrupted[0]).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void shardsMeetWhateverTheNumberOfWorkers() {
    for (int workers : new int[] {1, 2, 5}) {
      AtomicInteger computing = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      try (Workers w = Workers.of(workers)) {
        List<Double> sums =
            w.mapTogether(
                5,
                meeting -> {
                  double value = meeting.shard() + 1;
                  for (int round = 0; round < 20; round++) {
                    most.accumulateAndGet(computing.incrementAndGet(), Math::max);
                    computing.decrementAndGet();
                    List<double[]> all =
                        meeting.exchange("round " + round, new double[] {value, round});
                    double now = round;
                    assertThat(all).hasSize(5).allSatisfy(v -> assertThat(v[1]).isEqualTo(now));
                    // depends on the order of the shards
                    for (double[] v : all) {
                      value = value / 2 + v[0];
                    }
                    value /= 8;
                  }
                  return value + w.map(3, k -> k).get(2);
                });
        assertThat(sums).hasSize(5).isEqualTo(MEETING);
      }
      assertThat(most.get()).isLessThanOrEqualTo(workers);
    }
  }

  /** As {@link #shardsMeetWhateverTheNumberOfWorkers} has it, one after the other. */
  private static final List<Double> MEETING = meeting();

  private static List<Double> meeting() {
    double[] values = {1, 2, 3, 4, 5};
    for (int round = 0; round < 20; round++) {
      double[] before = values.clone();
      for (int i = 0; i < values.length; i++) {
        for (double v : before) {
          values[i] = values[i] / 2 + v;
        }
        values[i] /= 8;
      }
    }
    return Arrays.stream(values).mapToObj(v -> v + 2).toList();
  }

  @RepeatedTest(20)
  void aShardThatFailsBeforeAMeetingIsToldAndNotThoseWhoWait() {
    try (Workers w = Workers.of(2)) {
      assertThatThrownBy(
              () ->
                  w.mapTogether(
                      4,
                      meeting -> {
                        meeting.exchange("first", new double[0]);
                        if (meeting.shard() >= 2) {
                          throw new HoldfastException("shard " + meeting.shard());
                        }
                        return meeting.exchange("second", new double[0]);
                      }))
          .hasMessage("shard 2");
      assertThat(w.mapTogether(3, Meeting::shard)).containsExactly(0, 1, 2);
    }
  }

  @RepeatedTest(5)
  void shardsThatPartFailInsteadOfWaitingForEver() {
    try (Workers w = Workers.of(2)) {
      assertThatThrownBy(
              () ->
                  w.mapTogether(
                      3,
                      meeting ->
                          meeting.shard() == 0
                              ? List.of()
                              : meeting.exchange("norm1", new double[0])))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("shard 1 came to norm1, where not all others came");
      assertThatThrownBy(
              () ->
                  w.mapTogether(
                      2, meeting -> meeting.exchange("norm" + meeting.shard(), new double[0])))
          .hasMessage("shard 0 came to norm0, where not all others came");
    }
  }

  @Test
  void noShardsGiveNoResults() {
    try (Workers w = Workers.of(2)) {
      assertThat(w.map(0, i -> i)).isEmpty();
      assertThat(w.mapTogether(0, Meeting::shard)).isEmpty();
    }
  }

  @Test
  void closedWorkersAndNoWorkersAreRefused() {
    Workers w = Workers.of(1);
    w.close();
    assertThatThrownBy(() -> w.map(1, i -> i))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> w.mapTogether(2, Meeting::shard))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> Workers.of(0)).hasMessage("workers: at least 1, found 0");
  }
}
