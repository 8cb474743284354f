package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Integer operations on floating-point numbers against the engine's own floating-point ones. */
class OrderedBitsTest {
  private static final long[] TWO = {2, 2};
  private static final long[] NONE = {0, 0};

  /** Few distinct values, so that equal neighbours are common; also zeros of both signs. */
  private static Tensor numbers(String name, DType type, long... shape) {
    Tensor coarse = Rng.of(new Seed(5).split(name)).normal(shape).mul(2).round().div(4);
    return coarse.to(type).channelsLast();
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void rectifies(DType type) {
    try (Scope scope = Scope.open()) {
      Tensor x = numbers("x", type, 2, 3, 5, 4);
      assertThat(x.lt(0).any()).isTrue();
      Tensor expected = x.clampMin(0);
      assertThat(Kernels.relu(x).sameAs(expected)).isTrue();
      assertThat(Kernels.reluInPlace(x)).isSameAs(x);
      assertThat(x.sameAs(expected)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void masks(DType type) {
    try (Scope scope = Scope.open()) {
      Tensor y = numbers("y", type, 2, 3, 5, 4);
      Tensor g = numbers("g", type, 2, 3, 5, 4).contiguous(); // another order in memory
      Tensor expected = g.mul(y.gt(0).to(type));
      assertThat(OrderedBits.mask(g, y).eq(expected).all()).isTrue();
      assertThat(OrderedBits.maskInPlace(g, y)).isSameAs(g);
      assertThat(g.eq(expected).all()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void poolsInPairsAsTheEngineDoesAlsoWhereNeighboursAreEqual(DType type) {
    for (long[] shape : new long[][] {{2, 3, 6, 8}, {2, 3, 7, 5}, {1, 1, 2, 3}}) {
      try (Scope scope = Scope.open()) {
        Tensor x = Kernels.relu(numbers("x", type, shape)); // [N, C, H, W]
        Tensor rows = Kernels.maxOfPairs(x, 3); // [N, C, H, W/2]
        Tensor largest = Kernels.maxOfPairs(rows, 2); // [N, C, H/2, W/2]
        Kernels.Pooled pooled = Kernels.maxPool2d(x, TWO, TWO, NONE);
        assertThat(largest.eq(pooled.values()).all()).isTrue();
        Tensor g = numbers("g", type, largest.shape());
        Tensor ours = Kernels.maxOfPairsBackward(Kernels.maxOfPairsBackward(g, rows, 2), x, 3);
        Tensor engine = Kernels.maxPool2dBackward(g, x, pooled, TWO, TWO, NONE);
        assertThat(ours.eq(engine).all()).isTrue();
      }
    }
  }
}
