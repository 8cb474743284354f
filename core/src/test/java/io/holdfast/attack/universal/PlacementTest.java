package io.holdfast.attack.universal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.SquarePatch;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Pasting: within the box, exact where nothing is rotated, and differentiable. */
class PlacementTest {
  private static final int N = 40;
  private static final Domain DOMAIN = new Domain(-1, 1);
  private static final List<Seed> SEEDS =
      LongStream.range(0, N).mapToObj(new Seed(3)::split).toList();

  private static Tensor images() {
    return Rng.of(new Seed(1)).uniform(-1, 1, N, 2, 9, 13);
  }

  private static Tensor patch() {
    return Rng.of(new Seed(2)).uniform(-1, 1, 1, 2, 5, 5);
  }

  @Test
  void changesStayInTheSquareWhateverThePose() {
    for (boolean round : new boolean[] {true, false}) {
      try (Scope scope = Scope.open()) {
        Tensor x = images();
        Placement place = Placement.draw(new Poses(180, 0.2, round), SEEDS, x, patch());
        Tensor out = place.paste(x, patch(), DOMAIN);
        for (int i = 0; i < N; i++) {
          double[] before = x.select(0, i).toDoubles();
          double[] after = out.select(0, i).toDoubles();
          long[] shape = {2, 9, 13};
          assertThat(new SquarePatch(5).contains(before, after, shape, after, DOMAIN)).isTrue();
          long changed = IntStream.range(0, 117).filter(p -> before[p] != after[p]).count();
          assertThat(changed).isBetween(1L, 25L);
        }
      }
    }
  }

  @Test
  void uprightAndOfFullSizeThePatchIsCopied() {
    try (Scope scope = Scope.open()) {
      Tensor x = images();
      Placement place = Placement.draw(Poses.PLACES, SEEDS, x, patch());
      double[] out = place.paste(x, patch(), DOMAIN).select(0, 7).toDoubles();
      double[] mask = place.covered().select(0, 7).to(DType.FLOAT32).toDoubles();
      int first = IntStream.range(0, 117).filter(p -> mask[p] == 1).findFirst().orElseThrow();
      double[] colours = patch().toDoubles();
      for (int j = 0; j < 50; j++) {
        int at = j / 25 * 117 + first + j % 25 / 5 * 13 + j % 5;
        assertThat(out[at]).isCloseTo(colours[j], within(1e-5));
      }
    }
  }

  /** Colours are squared distances from the middle of the patch; images are not square. */
  @Test
  void rotatedColoursKeepTheirDistanceFromTheMiddle() {
    float[] colours = new float[2 * 81];
    for (int j = 0; j < colours.length; j++) {
      colours[j] = (float) ((Math.pow(j % 81 / 9 - 4, 2) + Math.pow(j % 9 - 4, 2)) / 40);
    }
    try (Scope scope = Scope.open()) {
      Tensor x = images();
      Tensor patch = Tensors.of(colours, 1, 2, 9, 9);
      Placement place = Placement.draw(new Poses(180, 1, true), SEEDS, x, patch);
      double[] out = place.paste(x, patch, DOMAIN).toDoubles();
      double[] mask = place.covered().to(DType.FLOAT32).toDoubles();
      int checked = 0;
      for (int i = 0; i < N; i++) {
        int own = i;
        int left =
            IntStream.range(0, 13)
                .filter(column -> mask[own * 117 + 4 * 13 + column] == 1)
                .findFirst()
                .orElseThrow(); // the disc is as wide as its box in the middle row
        for (int p = 0; p < 117; p++) {
          double squared = Math.pow(p / 13 - 4, 2) + Math.pow(p % 13 - left - 4, 2);
          if (squared < 12) {
            assertThat(out[i * 234 + p]).isCloseTo(squared / 40, within(0.02));
            checked++;
          }
        }
      }
      assertThat(checked).isEqualTo(37 * N);
    }
  }

  @Test
  void theSlopeOfThePatchIsThatOfDifferences() {
    try (Scope scope = Scope.open()) {
      Tensor x = images();
      Placement place = Placement.draw(Poses.STANDARD, SEEDS, x, patch());
      Tensor weights = Rng.of(new Seed(5)).normal(x.shape());
      Tensor leaf = patch().mul(0.9).asLeaf(); // no colour is clipped
      Tensor slope = Autograd.vjp(place.paste(x, leaf, DOMAIN), leaf, weights);
      for (int j = 0; j < 50; j += 7) {
        float[] up = leaf.toFloats();
        up[j] += 0.01f;
        Tensor moved = Tensors.of(up, 1, 2, 5, 5);
        double rise =
            place
                .paste(x, moved, DOMAIN)
                .sub(place.paste(x, leaf, DOMAIN))
                .mul(weights)
                .sum()
                .item();
        assertThat(rise / 0.01).isCloseTo(slope.toDoubles()[j], within(0.01));
      }
    }
  }
}
