package io.holdfast.common.governor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class GatePlacesTest {
  private final List<String> order = Collections.synchronizedList(new ArrayList<>());

  private Thread waiting(Gate gate, String name) throws InterruptedException {
    Thread thread = new Thread(() -> gate.pass(() -> order.add(name)), name);
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      Thread.sleep(1);
    }
    return thread;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A job that comes back for its next shard stands behind the others. */
  @Test
  void whoeverWaitsLongestGoesFirst() throws InterruptedException {
    Gate gate = Gate.sharing(1);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Thread first =
        new Thread(
            () -> {
              gate.pass(
                  () -> {
                    inside.countDown();
                    await(leave);
                    return order.add("first");
                  });
              gate.pass(() -> order.add("first again"));
            });
    first.start();
    await(inside);
    Thread second = waiting(gate, "second");
    Thread third = waiting(gate, "third");
    leave.countDown();
    for (Thread thread : List.of(first, second, third)) {
      thread.join();
    }
    assertThat(order).containsExactly("first", "second", "third", "first again");
  }

  @Test
  void allPlacesAreUsedAndNeverMore() throws InterruptedException {
    Gate gate = Gate.sharing(3);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(3);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread thread =
          new Thread(
              () ->
                  gate.pass(
                      () -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        full.countDown();
                        await(full); // passes once three have been inside together
                        inside.decrementAndGet();
                        return order.add("done");
                      }));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(order).hasSize(8);
    assertThat(most.get()).isEqualTo(3);
  }

  @Test
  void workInsideNeedsNoFurtherPlaceAndAFailureLeavesItsOwn() {
    Gate gate = Gate.sharing(1);
    assertThat(gate.<Integer>pass(() -> gate.<Integer>pass(() -> 7))).isEqualTo(7);
    assertThatThrownBy(
            () ->
                gate.pass(
                    () -> {
                      throw new IllegalStateException("failed");
                    }))
        .hasMessage("failed");
    assertThat(gate.<Integer>pass(() -> 8)).isEqualTo(8);
    assertThatThrownBy(() -> Gate.sharing(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
