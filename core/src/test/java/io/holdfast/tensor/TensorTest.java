package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class TensorTest {
  @Test
  void useAfterCloseNamesTheClosingPlace() {
    Tensor t;
    try (Scope scope = Scope.open()) {
      t = Tensors.ones(3);
    }
    assertThatThrownBy(() -> t.item())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed at")
        .hasMessageContaining("TensorTest.java");
  }

  @Test
  void operationsNeedAScope() {
    assertThatThrownBy(() -> Tensors.ones(3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no scope is open");
  }

  @Test
  void keptTensorsOutliveTheirScope() {
    try (Scope outer = Scope.open()) {
      Tensor kept = Scope.tidy(() -> Tensors.of(new float[] {1, 2, 3}).mul(2).add(1));
      assertThat(kept.toFloats()).containsExactly(3, 5, 7);
      Tensor x = Tensors.of(new float[] {1, 2}).asLeaf();
      Tensor y = Scope.tidy(() -> x.square().sum());
      assertThat(Autograd.grad(y, x).toFloats()).containsExactly(2, 4);
    }
  }

  @Test
  void elementsAreWrittenToAnArrayOfTheirNumber() {
    try (Scope scope = Scope.open()) {
      float[] there = {7, 7, 7};
      Tensors.of(new float[] {1, 2, 3}).toFloats(there);
      assertThat(there).containsExactly(1, 2, 3);
      assertThatThrownBy(() -> Tensors.of(new float[] {1, 2}).toFloats(there))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2 elements");
    }
  }

  @Test
  void numbersAreRightWhenMoreThanAreKeptWereUsed() {
    try (Scope scope = Scope.open()) {
      Tensor two = Tensors.of(new float[] {2});
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
          try (Scope step = Scope.open()) {
            double number = i + 0.25;
            assertThat(two.add(number).item()).isEqualTo(2 + number);
            assertThat(two.clamp(number, 9000).item()).isEqualTo(Math.max(2, number));
          }
        }
      }
    }
  }

  @Test
  void adoptedTensorsLiveUntilTheirOwnerCloses() {
    SharedScope shared = Scope.shared();
    Tensor weight;
    try (Scope scope = Scope.open()) {
      weight = shared.adopt(Tensors.of(new float[] {4, 5}));
    }
    assertThat(weight.toFloats()).containsExactly(4, 5);
    shared.close();
    assertThatThrownBy(weight::toFloats).hasMessageContaining("TensorTest.java");
  }

  @Test
  void scopesAreConfinedToTheirThreadAndClosedInnermostFirst() throws InterruptedException {
    Scope outer = Scope.open();
    Scope inner = Scope.open();
    assertThatThrownBy(outer::close).hasMessageContaining("innermost first");
    Throwable[] seen = new Throwable[1];
    Thread t =
        new Thread(
            () -> {
              try {
                inner.close();
              } catch (IllegalStateException e) {
                seen[0] = e;
              }
            });
    t.start();
    t.join();
    assertThat(seen[0]).hasMessageContaining("was used by thread");
    inner.close();
    outer.close();
    assertThat(outer.isOpen()).isFalse();
  }

  @Test
  void doubleBackwardAgreesWithFiniteDifferences() {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.of(new double[] {0.3, -0.7, 0.2, 0.9}, 2, 2).asLeaf();
      Tensor x = Tensors.of(new double[] {0.5, -0.4}, 1, 2).asLeaf();
      double h = 1e-5;
      Tensor g = Autograd.grad(penalty(w, x), w);
      double[] at = w.toDoubles();
      for (int i = 0; i < 4; i++) {
        double[] up = at.clone();
        double[] down = at.clone();
        up[i] += h;
        down[i] -= h;
        double slope =
            (penalty(Tensors.of(up, 2, 2), x).item() - penalty(Tensors.of(down, 2, 2), x).item())
                / (2 * h);
        assertThat(g.toDoubles()[i]).isCloseTo(slope, within(1e-6));
      }
    }
  }

  private static Tensor penalty(Tensor w, Tensor x) {
    Tensor y = Nn.tanh(x.matmul(w)).square().sum();
    return Autograd.grad(y, List.of(x), true).get(0).square().sum();
  }

  @Test
  void customDerivativeReplacesTheTapesOwn() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(new float[] {0.26f, 0.74f, Float.POSITIVE_INFINITY}).asLeaf();
      Tensor y = Autograd.custom(x, x.detach().mul(10).round().div(10), g -> g.mul(7));
      assertThat(y.toFloats()[0]).isEqualTo(0.3f);
      assertThat(Autograd.grad(y.square().sum(), x).toFloats()[1])
          .isCloseTo(2 * 0.7f * 7, within(1e-5f));
    }
  }

  @Test
  void customDerivativesAreNotLimitedInNumber() {
    for (int i = 1; i <= 60; i++) {
      try (Scope scope = Scope.open()) {
        int factor = i;
        Tensor x = Tensors.of(new float[] {2}).asLeaf();
        Tensor y = Autograd.custom(x, x.detach(), g -> g.mul(factor));
        assertThat(Autograd.grad(y, x).item()).isEqualTo(factor);
      }
    }
  }

  @Test
  void anyNumberOfWorkersGivesTheSameBits() {
    List<Double> one;
    List<Double> three;
    try (Workers w = Workers.of(1)) {
      one = w.map(7, TensorTest::work);
    }
    try (Workers w = Workers.of(3)) {
      three = w.map(7, TensorTest::work);
    }
    assertThat(one).isEqualTo(three);
    assertThat(one.get(0)).isNotEqualTo(one.get(1));
  }

  private static double work(int shard) {
    Rng rng = Rng.of(new Seed(7).split("shard").split(shard));
    Tensor x = rng.normal(16, 3, 8, 8);
    Tensor w = rng.normal(4, 3, 3, 3);
    long[] one = {1, 1};
    return Nn.conv2d(x, w, null, one, one, one, 1).square().sum().item();
  }

  @Test
  void workersReportTheLowestFailingShard() {
    try (Workers w = Workers.of(1)) {
      assertThatThrownBy(
              () ->
                  w.map(
                      4,
                      i -> {
                        if (i >= 2) {
                          throw new HoldfastException("shard " + i);
                        }
                        return i;
                      }))
          .hasMessage("shard 2");
    }
  }

  @Test
  void nonFiniteValuesAreSeen() {
    try (Scope scope = Scope.open()) {
      assertThat(Tensors.of(new float[] {1, Float.NaN}).allFinite()).isFalse();
      assertThat(Tensors.of(new float[] {1, 2}).allFinite()).isTrue();
    }
  }

  @Test
  void memoryLimitsHaveUnits() {
    assertThat(Memory.parse("1500000")).isEqualTo(1_500_000);
    assertThat(Memory.parse("800k")).isEqualTo(800 << 10);
    assertThat(Memory.parse("512M")).isEqualTo(512 << 20);
    assertThat(Memory.parse("5g")).isEqualTo(5L << 30);
    for (String bad : List.of("abc", "", "0", "-1", "5t", "1.5g", "999999999999999999g")) {
      assertThatThrownBy(() -> Memory.parse(bad))
          .as(bad)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("-Dholdfast.memory.limit: expected bytes, or a size such as 512m");
    }
    assertThat(Memory.size(300 * 0x1p20)).isEqualTo("300 MiB");
    assertThat(Memory.size(12 * 0x1p30)).isEqualTo("12.0 GiB");
  }

  @Test
  void memoryLimitFailsWithAMessage() {
    long before = Memory.limitBytes();
    try {
      Memory.limitBytes(1);
      assertThatThrownBy(Memory::checkNow)
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("out of memory");
    } finally {
      Memory.limitBytes(before);
    }
  }

  @Test
  void openLimitsHoldSideBySide() {
    long before = Memory.limitBytes();
    try (Memory.Limit first = Memory.limited(before - 1)) {
      Memory.Limit second = Memory.limited(before - 2);
      assertThat(Memory.limitBytes()).isEqualTo(before - 2);
      second.close();
      assertThat(Memory.limitBytes()).isEqualTo(before - 1);
      try (Memory.Limit higher = Memory.limited(2 * before)) {
        assertThat(Memory.limitBytes()).isEqualTo(before - 1);
      }
    }
    assertThat(Memory.limitBytes()).isEqualTo(before);
    assertThatThrownBy(() -> Memory.limited(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void eachGaugeHasAPeakOfItsOwn() {
    LongSupplier first = Memory.peaks();
    LongSupplier second = Memory.peaks();
    Memory.checkNow();
    long seen = Memory.residentBytes();
    assertThat(first.getAsLong()).isPositive();
    try (Scope scope = Scope.open()) {
      Tensors.full(1, 64 << 20); // 256 MiB
      Memory.checkNow();
    }
    Memory.release();
    assertThat(first.getAsLong()).isGreaterThan(seen + (200L << 20));
    assertThat(second.getAsLong()).isGreaterThan(seen + (200L << 20));
    assertThat(second.getAsLong()).isLessThan(seen + (200L << 20));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatTheAllocatorKeepsForLaterIsGivenBackBeforeMemoryRunsOut() {
    long before = Memory.limitBytes();
    long most;
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 64; i++) {
        Tensors.full(1, 1 << 20); // 4 MiB each
      }
      most = Memory.residentBytes();
    }
    try {
      Memory.limitBytes(most - (128 << 20));
      assertThatCode(Memory::checkNow).doesNotThrowAnyException();
    } finally {
      Memory.limitBytes(before);
    }
  }

  @Test
  void engineErrorsAreCleanInTheFirstLine() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> Tensors.ones(2, 3).matmul(Tensors.ones(2, 3)))
          .isInstanceOf(RuntimeException.class);
    }
  }
}
