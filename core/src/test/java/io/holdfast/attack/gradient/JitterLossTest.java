package io.holdfast.attack.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class JitterLossTest {
  private static final Loss LOSS = new JitterLoss(10, 0.1, null);
  private static final List<Seed> SEEDS = List.of(new Seed(1), new Seed(2), new Seed(3));
  private static final int K = 5;

  @Test
  void cotangentIsTheDerivative() {
    try (Scope scope = Scope.open()) {
      Tensor z = Rng.of(new Seed(7)).normal(3, K).mul(4); // [3, K]
      Tensor y = Tensors.of(new long[] {0, 3, 2}, 3);
      Tensor t = Tensors.of(new long[] {1, 2, 4}, 3);
      Loss loss = LOSS.drawn(SEEDS, K);
      for (Reference r : List.of(Reference.labels(y), Reference.targets(y, t))) {
        float[] slope = loss.cotangent(z, r).toFloats();
        double h = 1e-2;
        for (int k = 0; k < K; k++) {
          Tensor e = Nn.oneHot(Tensors.full(k, 3).to(DType.INT64), K);
          float[] up = loss.value(z.add(e, h), r).toFloats();
          float[] down = loss.value(z.add(e, -h), r).toFloats();
          for (int i = 0; i < 3; i++) {
            assertThat((double) slope[i * K + k])
                .isCloseTo((up[i] - down[i]) / (2 * h), within(2e-3));
          }
        }
      }
    }
  }

  @Test
  void noRescalingOfTheLogitsHidesIt() {
    try (Scope scope = Scope.open()) {
      Tensor z = Rng.of(new Seed(8)).normal(3, K);
      Reference r = Reference.labels(Tensors.of(new long[] {0, 3, 2}, 3));
      float[] plain = LOSS.value(z, r).toFloats();
      float[] huge = LOSS.value(z.mul(1e6), r).toFloats();
      for (int i = 0; i < plain.length; i++) {
        assertThat(huge[i]).isCloseTo(plain[i], within(1e-4f));
      }
    }
  }

  @Test
  void noiseIsTheSamplesOwn() {
    try (Scope scope = Scope.open()) {
      Tensor z = Tensors.zeros(3, K);
      Reference three = Reference.labels(Tensors.of(new long[] {1, 1, 1}, 3));
      Reference one = Reference.labels(Tensors.of(new long[] {1}, 1));
      float[] all = LOSS.drawn(SEEDS, K).value(z, three).toFloats();
      float[] last = LOSS.drawn(SEEDS.subList(2, 3), K).value(z.slice(0, 0, 1), one).toFloats();
      assertThat(last[0]).isEqualTo(all[2]);
      assertThat(all[0]).isNotEqualTo(all[1]);
    }
  }
}
