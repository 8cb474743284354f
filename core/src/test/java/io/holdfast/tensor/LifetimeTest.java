package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.HoldfastException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
class LifetimeTest {
  private static final Set<String> ABOUT_ITSELF = Set.of("owner", "toString");

  static Stream<Method> accessors() {
    return Arrays.stream(Tensor.class.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()) && !Modifier.isStatic(m.getModifiers()))
        .filter(m -> !m.isSynthetic() && !ABOUT_ITSELF.contains(m.getName()));
  }

  /** Every public method, called by reflection on a tensor whose scope is closed. */
  @ParameterizedTest
  @MethodSource("accessors")
  void everyUseAfterCloseFailsAndNamesThePlace(Method method) {
    Tensor closed;
    try (Scope scope = Scope.open()) {
      closed = Tensors.ones(2, 2);
    }
    try (Scope scope = Scope.open()) {
      Object[] arguments =
          Arrays.stream(method.getParameterTypes()).map(LifetimeTest::anything).toArray();
      assertThatThrownBy(() -> method.invoke(closed, arguments))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("a tensor used after its scope was closed")
          .hasMessageContaining("LifetimeTest.java");
    }
  }

  private static Object anything(Class<?> type) {
    if (type == Tensor.class) {
      return Tensors.ones(2, 2);
    }
    if (type == long[].class) {
      return new long[] {0};
    }
    if (type == long.class || type == Long.class) {
      return 0L;
    }
    if (type == int.class) {
      return 0;
    }
    if (type == double.class) {
      return 1.0;
    }
    if (type == boolean.class) {
      return true;
    }
    if (type == DType.class) {
      return DType.FLOAT64;
    }
    if (type == Device.class) {
      return Device.CPU;
    }
    throw new AssertionError("no argument for " + type);
  }

  @Test
  void argumentsAreCheckedAsWell() {
    Tensor closed;
    try (Scope scope = Scope.open()) {
      closed = Tensors.ones(2);
    }
    try (Scope scope = Scope.open()) {
      Tensor open = Tensors.ones(2);
      assertThatThrownBy(() -> open.add(closed)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> Tensors.cat(List.of(open, closed), 0))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> Autograd.grad(open, closed))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  /** Results out of native containers must not dangle when these are gone. */
  @Test
  void partsOfNativeContainersStayWhole() {
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 500; i++) {
        Tensor x = Tensors.range(64).to(DType.FLOAT32).asLeaf();
        Tensor.Ranked sorted = x.detach().sort(0, true);
        Tensor.Ranked top = x.detach().topk(3, 0);
        Tensor gradient = Autograd.grad(x.square().sum(), x);
        Tensors.zeros(64); // takes freed memory, if there is any
        assertThat(sorted.values().toFloats()[0]).isEqualTo(63);
        assertThat(top.positions().toLongs()).containsExactly(63, 62, 61);
        assertThat(gradient.toFloats()[5]).isEqualTo(10);
      }
    }
  }

  @Test
  void sharedTensorsAreReadByManyWorkersAtOnce() {
    try (SharedScope shared = Scope.shared();
        Workers workers = Workers.of(4)) {
      Tensor weight;
      try (Scope scope = Scope.open()) {
        weight = shared.adopt(Tensors.ones(32, 32));
      }
      List<Double> sums = workers.map(200, i -> weight.matmul(weight).sum().item());
      assertThat(sums).containsOnly(32.0 * 32 * 32);
    }
  }

  @Test
  void closingAmidReadersNeverCrashesAndTellsThem() throws InterruptedException {
    for (int round = 0; round < 40; round++) {
      SharedScope shared = Scope.shared();
      Tensor weight;
      try (Scope scope = Scope.open()) {
        weight = shared.adopt(Tensors.ones(128, 128));
      }
      AtomicInteger told = new AtomicInteger();
      AtomicInteger wrong = new AtomicInteger();
      CountDownLatch reading = new CountDownLatch(3);
      List<Thread> readers =
          IntStream.range(0, 3)
              .mapToObj(n -> new Thread(() -> readUntilTold(weight, reading, told, wrong)))
              .toList();
      readers.forEach(Thread::start);
      reading.await();
      shared.close();
      for (Thread t : readers) {
        t.join();
      }
      assertThat(told).hasValue(3);
      assertThat(wrong).hasValue(0);
    }
  }

  private static void readUntilTold(
      Tensor weight, CountDownLatch reading, AtomicInteger told, AtomicInteger wrong) {
    try {
      while (true) {
        try (Scope scope = Scope.open()) {
          if (weight.matmul(weight).sum().item() != 128.0 * 128 * 128) {
            wrong.incrementAndGet();
          }
          reading.countDown();
        }
      }
    } catch (IllegalStateException e) {
      told.incrementAndGet();
    }
  }

  @Test
  void aClosedOwnersTensorsServeTheirLastUserAndNobodyAfter() {
    SharedScope shared = Scope.shared();
    try (Scope scope = Scope.open()) {
      Tensor big = shared.adopt(Tensors.ones(1 << 25)); // 128 MiB
      double sum;
      try (Scope inner = Scope.open()) {
        sum = big.sum().item();
      }
      assertThat(sum).isEqualTo(1 << 25);
    }
    shared.close();
    assertThatThrownBy(() -> shared.adopt(Tensors.ones(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aScopeWaitsForTheThreadsThatUseItsTensors() throws InterruptedException {
    CountDownLatch using = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    double[] seen = new double[1];
    Thread reader;
    Thread closer = Thread.currentThread();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(100);
      reader =
          new Thread(
              () -> {
                try (Scope own = Scope.open()) {
                  Tensor view = x.view(10, 10);
                  using.countDown();
                  finish.await();
                  seen[0] = view.sum().item();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      reader.start();
      using.await();
      new Thread(
              () -> {
                while (closer.getState() == Thread.State.RUNNABLE) {
                  java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                }
                finish.countDown();
              })
          .start();
    }
    reader.join();
    assertThat(seen[0]).isEqualTo(100);
  }

  // ---- guards

  @Test
  void noGradNestsAndEndsWithAnException() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(2).asLeaf();
      try (NoGrad outer = NoGrad.on()) {
        try (NoGrad inner = NoGrad.on()) {
          assertThat(x.mul(2).requiresGrad()).isFalse();
        }
        assertThat(x.mul(2).requiresGrad()).isFalse();
      }
      assertThat(x.mul(2).requiresGrad()).isTrue();
      assertThatThrownBy(
              () -> {
                try (NoGrad off = NoGrad.on()) {
                  throw new HoldfastException("inside");
                }
              })
          .hasMessage("inside");
      assertThat(x.mul(2).requiresGrad()).isTrue();
    }
  }

  @Test
  void autocastNestsAndEndsWithAnException() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(4, 4);
      try (Autocast outer = Autocast.of(Precision.BFLOAT16, Device.CPU)) {
        assertThat(x.matmul(x).type()).isEqualTo(DType.BFLOAT16);
        try (Autocast inner = Autocast.of(Precision.FLOAT32, Device.CPU)) {
          assertThat(x.matmul(x).type()).isEqualTo(DType.FLOAT32);
        }
        assertThat(x.matmul(x).type()).isEqualTo(DType.BFLOAT16);
        outer.close();
        assertThat(x.matmul(x).type()).isEqualTo(DType.FLOAT32);
      }
      assertThatThrownBy(
              () -> {
                try (Autocast on = Autocast.of(Precision.BFLOAT16, Device.CPU)) {
                  throw new HoldfastException("inside");
                }
              })
          .hasMessage("inside");
      assertThat(x.matmul(x).type()).isEqualTo(DType.FLOAT32);
    }
  }

  @Test
  void exceptionsInOurOwnDerivativesPassThroughTheEngine() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.ones(2).asLeaf();
      Tensor y =
          Autograd.custom(
              x,
              x.detach(),
              g -> {
                throw new HoldfastException("derivative");
              });
      assertThatThrownBy(() -> Autograd.grad(y.sum(), x)).hasMessageContaining("derivative");
      assertThat(Autograd.grad(x.square().sum(), x).toFloats()).containsExactly(2, 2);
    }
  }
}
