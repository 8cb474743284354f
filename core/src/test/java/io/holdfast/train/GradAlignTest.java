package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.GradAlign;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** The term and its derivative against a twin in plain doubles. */
class GradAlignTest {
  private static final int N = 4;
  private static final int D = 5;
  private static final int HIDDEN = 6;
  private static final int K = 3;

  /** The input gradient of cross-entropy of tanh(x A) B. */
  private static double[] gradient(double[] a, double[] b, double[] x, int row, int label) {
    double[] h = new double[HIDDEN];
    double[] z = new double[K];
    double sum = 0;
    for (int j = 0; j < HIDDEN; j++) {
      for (int i = 0; i < D; i++) {
        h[j] += x[row * D + i] * a[i * HIDDEN + j];
      }
      h[j] = Math.tanh(h[j]);
    }
    for (int k = 0; k < K; k++) {
      for (int j = 0; j < HIDDEN; j++) {
        z[k] += h[j] * b[j * K + k];
      }
      sum += Math.exp(z[k]);
    }
    double[] g = new double[D];
    for (int k = 0; k < K; k++) {
      double d = Math.exp(z[k]) / sum - (k == label ? 1 : 0);
      for (int j = 0; j < HIDDEN; j++) {
        for (int i = 0; i < D; i++) {
          g[i] += d * b[j * K + k] * (1 - h[j] * h[j]) * a[i * HIDDEN + j];
        }
      }
    }
    return g;
  }

  private static double twin(double[] a, double[] b, double[] x, double[] noisy, int row) {
    double[] g = gradient(a, b, x, row, row % K);
    double[] h = gradient(a, b, noisy, row, row % K);
    double dot = 0;
    double gg = 0;
    double hh = 0;
    for (int i = 0; i < D; i++) {
      dot += g[i] * h[i];
      gg += g[i] * g[i];
      hh += h[i] * h[i];
    }
    return 1 - dot / Math.sqrt(gg * hh);
  }

  @Test
  void equalsItsTwinInValueAndGradient() {
    for (long seed = 0; seed < 10; seed++) {
      RandomGenerator r = new Seed(seed).generator();
      double[] a = DoubleStream.generate(r::nextGaussian).limit(D * HIDDEN).toArray();
      double[] b = DoubleStream.generate(r::nextGaussian).limit(HIDDEN * K).toArray();
      double[] x = DoubleStream.generate(r::nextDouble).limit(N * D).toArray();
      double[] noisy = DoubleStream.of(x).map(v -> v + 0.6 * r.nextDouble() - 0.3).toArray();
      try (Scope scope = Scope.open()) {
        Tensor leafA = Tensors.of(a, D, HIDDEN).asLeaf();
        Tensor leafB = Tensors.of(b, HIDDEN, K).asLeaf();
        Tensor labels = Tensors.of(new long[] {0, 1, 2, 0}, N);
        Tensor term =
            GradAlign.misalignment(
                t -> Nn.tanh(t.matmul(leafA)).matmul(leafB),
                Tensors.of(x, N, D),
                Tensors.of(noisy, N, D),
                labels);
        double[] values = term.toDoubles();
        for (int row = 0; row < N; row++) {
          assertThat(values[row]).isCloseTo(twin(a, b, x, noisy, row), within(1e-9));
        }
        List<Tensor> slopes = Autograd.grad(term.sum(), List.of(leafA, leafB), false);
        requireSlopes(slopes.get(0).toDoubles(), a, () -> sum(a, b, x, noisy));
        requireSlopes(slopes.get(1).toDoubles(), b, () -> sum(a, b, x, noisy));
      }
    }
  }

  private interface Value {
    double get();
  }

  private static double sum(double[] a, double[] b, double[] x, double[] noisy) {
    double sum = 0;
    for (int row = 0; row < N; row++) {
      sum += twin(a, b, x, noisy, row);
    }
    return sum;
  }

  private static void requireSlopes(double[] found, double[] parameter, Value value) {
    for (int i = 0; i < parameter.length; i++) {
      double was = parameter[i];
      parameter[i] = was + 1e-5;
      double above = value.get();
      parameter[i] = was - 1e-5;
      double below = value.get();
      parameter[i] = was;
      double slope = (above - below) / 2e-5;
      assertThat(found[i]).isCloseTo(slope, within(1e-5 * Math.max(1, Math.abs(slope))));
    }
  }

  @Test
  void equalPointsAreAlignedAndNoDirectionIsNoTerm() {
    try (Scope scope = Scope.open()) {
      Tensor w = Tensors.of(new double[] {1, -2, 0.5, 3, 1, 1}, 2, 3).asLeaf();
      Tensor x = Tensors.of(new double[] {0.1, 0.2, 0.3, 0.4}, 2, 2);
      Tensor labels = Tensors.of(new long[] {0, 1}, 2);
      Tensor same = GradAlign.misalignment(t -> Nn.tanh(t.matmul(w)), x, x, labels);
      assertThat(same.toDoubles()).containsExactly(new double[] {0, 0}, within(1e-12));
      // Logits that do not depend on the input: gradients of zero.
      Tensor flat =
          GradAlign.misalignment(t -> t.mul(0).matmul(w).add(w.sum()), x, x.add(1), labels);
      assertThat(flat.toDoubles()).containsExactly(0, 0);
      Tensor slope = Autograd.grad(flat.sum(), w);
      assertThat(slope.allFinite()).isTrue();
    }
  }
}
