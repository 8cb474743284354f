package io.holdfast.attack.minimal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pieces of ALMA against differences of what they are the derivatives of. */
class AugmentedLagrangianTest {
  private static final double H = 1e-5;

  @Test
  void thePenaltysSlopeIsItsDerivative() {
    for (double y : new double[] {-3, -0.7, -0.01, 0.01, 0.4, 2}) {
      for (double rho : new double[] {0.5, 1, 4}) {
        for (double mu : new double[] {0.1, 1, 7}) {
          double difference = (penalty(y + H, rho, mu) - penalty(y - H, rho, mu)) / (2 * H);
          assertThat(slope(y, rho, mu)).isEqualTo(difference, within(1e-6));
        }
      }
    }
    assertThat(slope(0, 3, 2)).isEqualTo(2);
  }

  /** Rony et al. 2021, equation 9. */
  private static double penalty(double y, double rho, double mu) {
    return y >= 0 ? mu * y + mu * rho * y * y + rho * rho * y * y * y / 6 : mu * y / (1 - rho * y);
  }

  private static double slope(double y, double rho, double mu) {
    try (Scope scope = Scope.open()) {
      return Multiplier.slope(one(y), one(rho), one(mu)).item();
    }
  }

  private static Tensor one(double value) {
    return Tensors.of(new double[] {value}, 1, 1);
  }

  @ParameterizedTest
  @CsvSource({"2, false", "2, true", "3, false", "3, true", "4, true", "7, false", "7, true"})
  void theRelativeMarginsCotangentIsItsDerivative(int classes, boolean targeted) {
    try (Scope scope = Scope.open()) {
      Tensor z = Rng.of(new Seed(classes)).normal(20, classes).to(DType.FLOAT64); // [N, K]
      long[] labels = new long[20];
      long[] targets = new long[20];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i % classes;
        targets[i] = (i + 1L) % classes;
      }
      Tensor y = Tensors.of(labels, labels.length);
      Reference reference =
          targeted ? Reference.targets(y, Tensors.of(targets, 20)) : Reference.labels(y);
      Tensor slope = RelativeMargin.LOSS.cotangent(z, reference); // [N, K]
      for (int k = 0; k < classes; k++) {
        Tensor step = z.mul(0); // [N, K]
        step.select(1, k).fillInPlace(H);
        Tensor up = RelativeMargin.LOSS.value(z.add(step), reference); // [N]
        Tensor down = RelativeMargin.LOSS.value(z.sub(step), reference); // [N]
        Tensor difference = up.sub(down).div(2 * H); // [N]
        double off = difference.sub(slope.select(1, k)).abs().max().item();
        assertThat(off).isLessThan(1e-4);
      }
      Tensor reached = Losses.CW.value(z, reference).gt(0); // [N]
      assertThat(RelativeMargin.LOSS.value(z, reference).gt(0).toBooleans())
          .isEqualTo(reached.toBooleans());
    }
  }
}
