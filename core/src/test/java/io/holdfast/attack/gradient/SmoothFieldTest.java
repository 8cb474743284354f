package io.holdfast.attack.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Flow;
import io.holdfast.threat.Recolouring;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class SmoothFieldTest {
  /** Every point with every neighbour, one by one. */
  private static double slow(double[] field, int vectors, int[] grid) {
    int points = Arrays.stream(grid).reduce(1, (a, b) -> a * b);
    double sum = 0;
    for (int p = 0; p < points; p++) {
      for (int axis = 0, behind = points; axis < grid.length; axis++) {
        behind /= grid[axis];
        int at = p / behind % grid[axis];
        for (int side : new int[] {-1, 1}) {
          if (at + side >= 0 && at + side < grid[axis]) {
            double square = 0;
            for (int v = 0; v < vectors; v++) {
              double d = field[v * points + p] - field[v * points + p + side * behind];
              square += d * d;
            }
            sum += Math.sqrt(square);
          }
        }
      }
    }
    return sum;
  }

  @Test
  void roughnessIsThePapersSum() {
    int[][] shapes = {{2, 3, 4}, {1, 5}, {3, 2, 3, 2}, {2, 1, 1}};
    for (int[] shape : shapes) {
      try (Scope scope = Scope.open()) {
        int[] grid = Arrays.copyOfRange(shape, 1, shape.length);
        long[] whole = new long[shape.length + 1];
        whole[0] = 2;
        Arrays.setAll(whole, i -> i == 0 ? 2 : shape[i - 1]);
        Tensor field = Rng.of(new Seed(5)).uniform(-1, 1, whole);
        double[] found = SmoothField.roughness(field).toDoubles();
        for (int i = 0; i < 2; i++) {
          double expected = slow(field.select(0, i).toDoubles(), shape[0], grid);
          assertThat(found[i]).isCloseTo(expected, within(1e-5 * (1 + expected)));
        }
      }
    }
  }

  /** One move for all costs nothing, and has a slope of 0 rather than none. */
  @Test
  void whatMovesAlikeIsSmooth() {
    try (Scope scope = Scope.open()) {
      Tensor field = Tensors.full(0.7, 1, 2, 4, 4).asLeaf();
      Tensor rough = SmoothField.roughness(field);
      assertThat(rough.toDoubles()[0]).isCloseTo(0, within(1e-4));
      Tensor slope = Autograd.vjp(rough, field, Tensors.full(1, 1));
      assertThat(slope.toDoubles()).containsOnly(0);
    }
  }

  @Test
  void fieldsAreWhatTheTransformationReads() {
    try (Scope scope = Scope.open()) {
      long[] colour = {3, 8, 8};
      Tensor theta = Rng.of(new Seed(6)).uniform(-1, 1, 2, 3 * 64);
      Recolouring colours = new Recolouring(0.1, 4, 0);
      assertThat(colours.field(theta, colour).shape()).containsExactly(2, 3, 4, 4, 4);
      Tensor shifts = Rng.of(new Seed(7)).uniform(-1, 1, 2, 2 * 9);
      assertThat(new Flow(1, 3).field(shifts, new long[] {1, 8, 8}).shape())
          .containsExactly(2, 2, 3, 3);
    }
  }

  @Test
  void eachLineHasItsSetAndItsRanges() {
    assertThat(Attacks.parse("stadv").key()).isEqualTo("stadv[steps=100]");
    Attacks.parse("stadv").check(ThreatModel.of(new Flow(2, 7)), 10);
    Attacks.parse("recoloradv").check(ThreatModel.of(new Recolouring(0.1, 7, 0)), 10);
    assertThatThrownBy(
            () -> Attacks.parse("stadv").check(ThreatModel.of(new Recolouring(0.1, 7, 0)), 10))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("flow");
    assertThatThrownBy(() -> Attacks.parse("recoloradv[penalty=-1]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("penalty");
  }
}
