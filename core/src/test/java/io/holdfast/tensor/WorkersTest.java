package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.HoldfastException;
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
  void noShardsGiveNoResults() {
    try (Workers w = Workers.of(2)) {
      assertThat(w.map(0, i -> i)).isEmpty();
    }
  }

  @Test
  void closedWorkersAndNoWorkersAreRefused() {
    Workers w = Workers.of(1);
    w.close();
    assertThatThrownBy(() -> w.map(1, i -> i))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> Workers.of(0)).hasMessage("workers: at least 1, found 0");
  }
}
