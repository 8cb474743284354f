package io.holdfast.data.image.corruption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.DifferentiableJpeg;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JPEG on tensors against the one in plain Java, which is computed in double. */
class JpegOnTensorsTest {
  private static final int N = 4;

  /** Smooth with some noise, as photographs are. */
  private static Tensor images(int channels, int height, int width) {
    Tensor coarse = Rng.of(new Seed(height)).uniform(0, 1, N, channels, 3, 4);
    Tensor noise = Rng.of(new Seed(width)).normal(N, channels, height, width).mul(0.03);
    return Nn.upsampleBilinear(coarse, height, width).add(noise).clamp(0, 1);
  }

  private static double[] plain(Tensor x, int quality) {
    float[] all = x.toFloats();
    int size = all.length / N;
    double[] out = new double[all.length];
    for (int i = 0; i < N; i++) {
      float[] one = Arrays.copyOfRange(all, i * size, (i + 1) * size);
      new Jpeg(quality)
          .apply(one, (int) x.size(1), (int) x.size(2), (int) x.size(3), new Seed(1).generator());
      for (int j = 0; j < size; j++) {
        out[i * size + j] = one[j];
      }
    }
    return out;
  }

  /** Waves halfway between two levels go either way by the rounding of float32. */
  @ParameterizedTest
  @CsvSource({"1,8,8", "1,1,1", "1,5,19", "3,16,16", "3,32,24", "3,9,13", "3,1,2"})
  void compressesAsTheSlowTwin(int channels, int height, int width) {
    int equal = 0;
    int all = 0;
    for (int quality : new int[] {1, 10, 25, 50, 75, 95, 100}) {
      try (Scope scope = Scope.open()) {
        Tensor x = images(channels, height, width);
        double[] slow = plain(x, quality);
        double[] fast = new DifferentiableJpeg(quality).compress(x).toDoubles();
        for (int i = 0; i < slow.length; i++) {
          all++;
          equal += Math.abs(slow[i] - fast[i]) < 1e-6 ? 1 : 0;
        }
      }
    }
    assertThat(equal).isGreaterThan(all * 9 / 10);
  }

  /** The approximation changes what rounding changes, a little less. */
  @Test
  void theSoftVersionIsNearTheExactOne() {
    try (Scope scope = Scope.open()) {
      Tensor x = images(3, 32, 24);
      for (int quality : new int[] {20, 50, 80}) {
        DifferentiableJpeg jpeg = new DifferentiableJpeg(quality);
        Tensor exact = jpeg.compress(x);
        double lost = exact.sub(x).abs().mean().item();
        double apart = jpeg.soften(x).sub(exact).abs().mean().item();
        assertThat(apart).as("quality %d", quality).isLessThan(lost / 2);
      }
    }
  }

  /** Of one grey block the waves' slopes are {@code 3 (v - round(v))^2}. */
  @Test
  void itsSlopeIsThatOfTheApproximation() {
    try (Scope scope = Scope.open()) {
      Tensor x = images(1, 8, 8).mul(0.8).add(0.1);
      Tensor weights = Rng.of(new Seed(5)).normal(x.shape());
      Tensor leaf = x.asLeaf();
      double[] slope =
          Autograd.vjp(new DifferentiableJpeg(60).soften(leaf), leaf, weights).toDoubles();
      int[] steps = JpegSteps.light(60);
      for (int i = 0; i < N; i++) {
        double[] block = x.select(0, i).mul(255).sub(128).toDoubles();
        double[] along = weights.select(0, i).toDoubles();
        double[] expected = new double[64];
        for (int wave = 0; wave < 64; wave++) {
          double value = 0;
          double towards = 0;
          for (int p = 0; p < 64; p++) {
            value += block[p] * wave(wave, p) / steps[wave];
            towards += along[p] * wave(wave, p);
          }
          double rate = 3 * Math.pow(value - Math.rint(value), 2);
          for (int p = 0; p < 64; p++) {
            expected[p] += rate * towards * wave(wave, p);
          }
        }
        for (int p = 0; p < 64; p++) {
          assertThat(slope[i * 64 + p]).isCloseTo(expected[p], within(1e-3));
        }
      }
    }
  }

  private static double wave(int wave, int place) {
    double rows = Math.cos((2 * (place / 8) + 1) * (wave / 8) * Math.PI / 16);
    double columns = Math.cos((2 * (place % 8) + 1) * (wave % 8) * Math.PI / 16);
    return rows
        * columns
        * (wave / 8 == 0 ? Math.sqrt(0.125) : 0.5)
        * (wave % 8 == 0 ? Math.sqrt(0.125) : 0.5);
  }

  @Test
  void refusesWhatNoFileHolds() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> new DifferentiableJpeg(0)).isInstanceOf(InvalidInputException.class);
      assertThatThrownBy(() -> new DifferentiableJpeg(50).compress(Tensors.zeros(2, 2, 8, 8)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("1 or 3");
    }
  }
}
