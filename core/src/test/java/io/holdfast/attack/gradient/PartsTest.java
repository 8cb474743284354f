package io.holdfast.attack.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.View;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The parts of a recipe, each against a slow or a hand-made twin. */
class PartsTest {
  private static final List<Seed> SEEDS = List.of(new Seed(1), new Seed(2), new Seed(3));

  private static void requireClose(Tensor a, Tensor b, double tolerance) {
    assertThat(a.sub(b).abs().max().item()).isLessThanOrEqualTo(tolerance);
  }

  // ---- views

  @Test
  void scalesHalveTheBrightness() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(4)).uniform(0, 1, 3, 2, 6, 6);
      List<View> views = Views.scales(3).of(2, SEEDS);
      assertThat(views).hasSize(6);
      for (int i = 0; i < 6; i++) {
        requireClose(views.get(i).of(x), x.mul(Math.pow(0.5, i % 3)), 0);
      }
    }
  }

  /** Every diverse view is the image shrunk by bilinear resizing, on zeros. */
  @Test
  void diverseViewsAreShrunkImagesOnZeros() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(5)).uniform(0.2, 1, 3, 2, 10, 10);
      int shrunk = 0;
      for (View view : new Views(1, 1, 0.6).of(8, SEEDS)) {
        Tensor seen = view.of(x); // [3, 2, 10, 10]
        for (int i = 0; i < 3; i++) {
          Tensor one = seen.slice(0, i, i + 1);
          int side = side(one);
          assertThat(side).isBetween(6, 9);
          Tensor small = Nn.upsampleBilinear(x.slice(0, i, i + 1), side, side);
          assertThat(isPlaced(one, small, side)).as("side %d", side).isTrue();
          shrunk++;
        }
      }
      assertThat(shrunk).isEqualTo(24);
    }
  }

  /** Rows with anything in them. */
  private static int side(Tensor image) {
    float[] rows = image.abs().sum(0, 1, 3).toFloats();
    int count = 0;
    for (float row : rows) {
      count += row > 1e-3 ? 1 : 0;
    }
    return count;
  }

  private static boolean isPlaced(Tensor image, Tensor small, int side) {
    for (int top = 0; top <= 10 - side; top++) {
      for (int left = 0; left <= 10 - side; left++) {
        Tensor part = image.slice(2, top, top + side).slice(3, left, left + side);
        if (part.sub(small).abs().max().item() < 1e-4) {
          return Math.abs(part.sum().item() - image.sum().item()) < 1e-3; // zeros elsewhere
        }
      }
    }
    return false;
  }

  @Test
  void aViewIsTheSamplesOwn() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(6)).uniform(0, 1, 3, 1, 12, 12);
      Views views = new Views(1, 0.5, 0.5);
      Tensor together = views.of(1, SEEDS).get(0).of(x);
      Tensor alone = views.of(1, SEEDS.subList(1, 2)).get(0).of(x.slice(0, 1, 2));
      requireClose(together.slice(0, 1, 2), alone, 1e-6);
      assertThat(Views.diversity(0).plain()).isTrue();
    }
  }

  // ---- smoothing and patches

  @ParameterizedTest
  @EnumSource
  void smoothingIsAConvolution(Smoothing.Kernel kernel) {
    try (Scope scope = Scope.open()) {
      Tensor g = Rng.of(new Seed(9)).normal(2, 3, 7, 6);
      int k = 2;
      double total = 0;
      for (int i = -k; i <= k; i++) {
        total += kernel.weight(i, k);
      }
      float[] in = g.toFloats();
      float[] out = new Smoothing(kernel, 5).of(g).toFloats();
      for (int at = 0; at < in.length; at++) {
        int row = at / 6 % 7;
        int column = at % 6;
        double sum = 0;
        for (int i = -k; i <= k; i++) {
          for (int j = -k; j <= k; j++) {
            boolean inside = row + i >= 0 && row + i < 7 && column + j >= 0 && column + j < 6;
            double weight = kernel.weight(i, k) * kernel.weight(j, k) / (total * total);
            sum += inside ? weight * in[at + 6 * i + j] : 0;
          }
        }
        assertThat((double) out[at]).isCloseTo(sum, within(1e-5));
      }
      requireClose(new Smoothing(kernel, 1).of(g), g, 0);
    }
  }

  @Test
  void aPatchSharesWithAllButItsMiddle() {
    float[] kernel = Patches.STANDARD.kernel();
    assertThat(kernel).hasSize(9);
    assertThat(kernel[4]).isZero();
    assertThat(kernel[0]).isEqualTo(1 / 8f);
  }

  // ---- momentum

  @Test
  void momentumAccumulatesUnitGradients() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(new float[] {3, 1, 1, -3, 0, 0, 0, 0}, 2, 4);
      Tensor b = Tensors.of(new float[] {0, 2, 0, -2, 4, 0, 0, 0}, 2, 4);
      Velocity v = new Velocity(new Momentum(Momentum.Kind.HEAVY_BALL, 0.5), Norm.LINF, a);
      v.take(a);
      // over the mean of absolute values: a / 2 and b / 1; a zero gradient stays one
      Tensor expected = Tensors.of(new float[] {0.75f, 2.25f, 0.25f, -2.75f, 4, 0, 0, 0}, 2, 4);
      requireClose(v.take(b), expected, 1e-6);
      requireClose(v.lookAhead(a, 0.1), a, 0);
    }
  }

  @Test
  void nesterovLooksAhead() {
    try (Scope scope = Scope.open()) {
      Tensor g = Tensors.of(new float[] {3, 4}, 1, 2);
      Velocity v = new Velocity(new Momentum(Momentum.Kind.NESTEROV, 0.5), Norm.L2, g);
      requireClose(v.lookAhead(g, 0.1), g, 0);
      v.take(g.mul(1e-30)); // squares do not underflow
      requireClose(v.lookAhead(g, 0.1), Tensors.of(new float[] {3.03f, 4.04f}, 1, 2), 1e-6);
    }
  }

  @Test
  void adamIsAdam() {
    try (Scope scope = Scope.open()) {
      Tensor g = Tensors.of(new float[] {1, -1, 0.5f, 1.5f}, 1, 4); // of mean size 1
      Velocity v = new Velocity(Momentum.of(Momentum.Kind.ADAM), Norm.LINF, g);
      requireClose(v.take(g), g.sign(), 1e-5);
      Tensor second = v.take(g.neg());
      for (int i = 0; i < 4; i++) {
        double x = g.toFloats()[i];
        double m = (0.9 * 0.1 * x - 0.1 * x) / (1 - 0.81);
        double s = (0.999 * 0.001 * x * x + 0.001 * x * x) / (1 - 0.999 * 0.999);
        assertThat((double) second.toFloats()[i]).isCloseTo(m / Math.sqrt(s), within(1e-3));
      }
      assertThat(v.isStep()).isTrue();
      Velocity direction = new Velocity(Momentum.of(Momentum.Kind.ADAM), Norm.L2, g);
      direction.take(g);
      Tensor first = PerSample.unit(Norm.L2, g); // 0.1 of it, then 0.9 of that and 0.1 back
      requireClose(direction.take(g.neg()), first.mul(0.9 * 0.1 - 0.1), 1e-6);
      assertThat(direction.isStep()).isFalse();
    }
  }

  // ---- conjugate gradients

  /** Returns the direction itself as the step. */
  private static final class Unchanged implements Stride {
    private boolean[] back = new boolean[2];

    @Override
    public Tensor step(Tensor gradient) {
      return gradient.clone();
    }

    @Override
    public double fresh() {
      return 1;
    }

    @Override
    public boolean[] next(Tensor best, double[] loss, double[] highest) {
      return back.clone();
    }

    @Override
    public void retain(io.holdfast.attack.AttackTask.Stay stay) {}
  }

  @Test
  void directionsAreThoseOfHestenesAndStiefelCutAtZero() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.zeros(2, 2);
      Unchanged lengths = new Unchanged();
      ConjugateStride stride = new ConjugateStride(lengths, x);
      Tensor first = Tensors.of(new float[] {1, 2, 1, 0}, 2, 2);
      stride.next(x, new double[] {0, 0}, new double[] {0, 0});
      requireClose(stride.step(first), first, 0);
      stride.next(x, new double[] {1, 1}, new double[] {1, 1});
      Tensor second = Tensors.of(new float[] {2, -1, 2, 0}, 2, 2);
      // y = (-1, 3): beta = -(2 * -1 - 1 * 3) / (1 * -1 + 2 * 3) = 1; y = (-1, 0): beta = -2, cut
      Tensor direction = Tensors.of(new float[] {3, 1, 2, 0}, 2, 2);
      requireClose(stride.step(second), direction, 1e-6);

      // a worse point, from which the first sample goes back to the one before
      lengths.back = new boolean[] {true, false};
      stride.next(x, new double[] {0.5, 0.5}, new double[] {1, 1});
      // its direction and gradient are again those that led to its best point: (1, 2) both
      requireClose(stride.step(second).slice(0, 0, 1), direction.slice(0, 0, 1), 1e-6);
    }
  }

  // ---- refusals

  @Test
  void refusesWhatMakesNoSense() {
    assertThatThrownBy(() -> new Momentum(Momentum.Kind.HEAVY_BALL, Double.NaN))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("decay");
    assertThatThrownBy(() -> new Views(0, 0, 0.9)).hasMessageContaining("scales");
    assertThatThrownBy(() -> new Views(1, 2, 0.9)).hasMessageContaining("diversity");
    assertThatThrownBy(() -> new Views(1, 0, 1)).hasMessageContaining("smallest");
    assertThatThrownBy(() -> new Smoothing(Smoothing.Kernel.LINEAR, 4)).hasMessageContaining("odd");
    assertThatThrownBy(() -> new Neighbours(-1, 1)).hasMessageContaining("neighbours");
    assertThatThrownBy(() -> new Neighbours(1, 0)).hasMessageContaining("neighbourhood");
    assertThatThrownBy(() -> new Patches(0.5, 3)).hasMessageContaining("amplification");
    assertThatThrownBy(() -> new Patches(10, 1)).hasMessageContaining("patch");
  }
}
