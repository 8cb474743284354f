package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spaces of few values that stand for changes of an image. */
class AttackSpaceTest {
  private static final Canvas CANVAS = new Canvas(2, 7, 10, new Additive(Norm.L2, 1), Domain.UNIT);

  /** Place by place what one coordinate changes, beside LibTorch's interpolation. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 8})
  void aCoordinateIsWhatBilinearInterpolationMakesOfIt(int side) {
    AttackSpace space = new AttackSpace(CANVAS, side);
    int rows = Math.min(side, 7);
    int columns = Math.min(side, 10);
    assertThat(space.size()).isEqualTo(2 * rows * columns);
    for (int coordinate = 0; coordinate < space.size(); coordinate++) {
      float[] small = new float[space.size()];
      small[coordinate] = 1;
      double[] changed = new double[CANVAS.size()];
      space.visit(coordinate, (at, weight) -> changed[at] += weight);
      try (Scope scope = Scope.open()) {
        double[] wanted =
            Nn.upsampleBilinear(Tensors.of(small, 1, 2, rows, columns), 7, 10).toDoubles();
        assertThat(changed).containsExactly(wanted, within(1e-6));
      }
    }
  }

  @Test
  void theWholeSpaceIsTheImage() {
    AttackSpace space = AttackSpace.whole(CANVAS);
    assertThat(space.size()).isEqualTo(CANVAS.size());
    for (int coordinate = 0; coordinate < space.size(); coordinate++) {
      int own = coordinate;
      int[] count = {0};
      space.visit(
          coordinate,
          (at, weight) -> {
            assertThat(at).isEqualTo(own);
            assertThat(weight).isEqualTo(1);
            count[0]++;
          });
      assertThat(count[0]).isEqualTo(1);
    }
  }
}
