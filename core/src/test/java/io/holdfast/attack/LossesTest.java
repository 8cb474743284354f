package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LossesTest {
  private static final int N = 20;
  private static final int K = 6;

  private static Reference reference(Losses loss, boolean targeted, Seed seed, int k) {
    RandomGenerator random = seed.generator();
    long[] labels = new long[N];
    long[] targets = new long[N];
    Arrays.setAll(labels, i -> random.nextInt(k));
    Arrays.setAll(targets, i -> (labels[i] + 1 + random.nextInt(k - 1)) % k);
    Tensor y = Tensors.of(labels, N);
    if (loss == Losses.KL) {
      Tensor p = Nn.softmax(Rng.of(seed.split("p")).normal(N, k), 1);
      return new Reference(y, targeted ? Tensors.of(targets, N) : null, p);
    }
    return targeted ? Reference.targets(y, Tensors.of(targets, N)) : Reference.labels(y);
  }

  /** The closed form against central differences. */
  @ParameterizedTest
  @EnumSource
  void cotangentIsTheDerivative(Losses loss) {
    for (boolean targeted : new boolean[] {false, true}) {
      cotangentIsTheDerivative(loss, targeted, K);
      cotangentIsTheDerivative(loss, targeted, 3);
    }
  }

  private static void cotangentIsTheDerivative(Losses loss, boolean targeted, int classes) {
    try (Scope scope = Scope.open()) {
      Seed seed = new Seed(loss.key().hashCode());
      Reference r = reference(loss, targeted, seed, classes);
      Tensor z = Rng.of(seed.split("z")).normal(N, classes);
      float[] slope = loss.cotangent(z, r).toFloats();
      double h = 1e-3;
      for (int k = 0; k < classes; k++) {
        Tensor e = Nn.oneHot(Tensors.full(k, N).to(io.holdfast.tensor.DType.INT64), classes);
        float[] up = loss.value(z.add(e, h), r).toFloats();
        float[] down = loss.value(z.add(e, -h), r).toFloats();
        for (int i = 0; i < N; i++) {
          double difference = (up[i] - down[i]) / (2 * h);
          assertThat((double) slope[i * classes + k])
              .as("%s targeted=%s row %d class %d of %d", loss, targeted, i, k, classes)
              .isCloseTo(difference, within(5e-3 * Math.max(1, Math.abs(difference))));
        }
      }
    }
  }

  @Test
  void knownValues() {
    try (Scope scope = Scope.open()) {
      Tensor z = Tensors.of(new float[] {4, 1, 3, -2}, 1, 4);
      Tensor y = Tensors.of(new long[] {0}, 1);
      Tensor t = Tensors.of(new long[] {1}, 1);
      assertThat(Losses.CW.value(z, Reference.labels(y)).item()).isEqualTo(-1);
      assertThat(Losses.CW.value(z, Reference.targets(y, t)).item()).isEqualTo(-3);
      assertThat(Losses.MD.value(z, Reference.labels(y)).item()).isEqualTo(-1);
      assertThat(Losses.MD.value(z, Reference.targets(y, t)).item()).isEqualTo(-3);
      assertThat(Losses.LOGIT.value(z, Reference.labels(y)).item()).isEqualTo(-4);
      assertThat(Losses.LOGIT.value(z, Reference.targets(y, t)).item()).isEqualTo(1);
      // -(4 - 3) / (4 - 1); with target 1: -(4 - 1) / (4 - (1 - 2) / 2)
      assertThat(Losses.DLR.value(z, Reference.labels(y)).item()).isCloseTo(-1 / 3.0, within(1e-6));
      assertThat(Losses.DLR.value(z, Reference.targets(y, t)).item())
          .isCloseTo(-3 / 4.5, within(1e-6));
      // with three classes -(4 - 1) / (4 - (3 + 1) / 2)
      Tensor three = z.slice(1, 0, 3);
      assertThat(Losses.DLR.value(three, Reference.targets(y, t)).item())
          .isCloseTo(-3 / 2.0, within(1e-6));
    }
  }

  /** The best other class is the label in one of them and another one in the other. */
  @Test
  void towardsATargetMinimalDifferenceLooksAtTheLabelAndTheMarginAtTheBestOther() {
    try (Scope scope = Scope.open()) {
      Tensor z = Tensors.of(new float[] {2, 1, 3}, 1, 3);
      Reference r = Reference.targets(Tensors.of(new long[] {0}, 1), Tensors.of(new long[] {1}, 1));
      assertThat(Losses.MD.value(z, r).item()).isEqualTo(-1);
      assertThat(Losses.CW.value(z, r).item()).isEqualTo(-2);
    }
  }

  @Test
  void dlrIsInvariantToScaleAndShift() {
    try (Scope scope = Scope.open()) {
      Reference r = reference(Losses.DLR, false, new Seed(4), K);
      Tensor z = Rng.of(new Seed(5)).normal(N, K);
      float[] scaled = Losses.DLR.value(z.mul(30).add(7), r).toFloats();
      float[] plain = Losses.DLR.value(z, r).toFloats();
      for (int i = 0; i < N; i++) {
        assertThat(scaled[i]).isCloseTo(plain[i], within(1e-3f * (1 + Math.abs(plain[i]))));
      }
    }
  }

  @Test
  void dlrRefusesTooFewClasses() {
    try (Scope scope = Scope.open()) {
      Tensor y = Tensors.of(new long[] {0}, 1);
      Tensor two = Tensors.zeros(1, 2);
      assertThatThrownBy(() -> Losses.DLR.value(two, Reference.labels(y)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("at least 3 classes");
      assertThatThrownBy(() -> Losses.DLR.cotangent(two, Reference.targets(y, y)))
          .hasMessageContaining("at least 3 classes");
    }
  }
}
