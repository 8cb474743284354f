package io.holdfast.model.arch;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import org.junit.jupiter.api.Test;

/** The rule for gradients that differ, on a function with a kink at 0.5. */
class KinksTest {
  /** The derivative is 3 above 0.5 and 1 up to it. */
  private static final Kinks KINKS =
      new Kinks((points, sample) -> points.gt(0.5).to(DType.FLOAT64).mul(2).add(1));

  private static Kinks.Verdict judge(double pixel, double found, double recorded) {
    try (Scope scope = Scope.open()) {
      return KINKS.judge(one(pixel), one(found), one(recorded));
    }
  }

  private static Tensor one(double value) {
    return Tensors.full(value, 1, 1);
  }

  @Test
  void bothSidesOfAKinkAreRight() {
    assertThat(judge(0.5, 3, 1).onKink()).containsExactly(0);
    assertThat(judge(0.5, 1, 3).onKink()).containsExactly(0);
    assertThat(judge(0.5, 1, 3).wrong()).isEmpty();
  }

  @Test
  void equalGradientsNeedNoProof() {
    assertThat(judge(0.2, 7, 7.000005)).isEqualTo(judge(0.5, 1, 1));
    assertThat(judge(0.2, 7, 7).wrong()).isEmpty();
  }

  @Test
  void nothingIsExcusedAwayFromTheKink() {
    assertThat(judge(0.50001, 3, 1).wrong()).containsExactly(0);
    assertThat(judge(0.50001, 3, 1).onKink()).isEmpty();
  }

  @Test
  void aThirdValueIsWrongOnEitherHand() {
    assertThat(judge(0.5, 3.0001, 1).wrong()).containsExactly(0);
    assertThat(judge(0.5, 1, 2.9999).wrong()).containsExactly(0);
    assertThat(judge(0.5, Double.NaN, 1).wrong()).containsExactly(0);
  }
}
