package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pixels, patches and frames against brute force over every mask, on images that are not square.
 */
class PixelSetsTest {
  private static final int N = 5;
  private static final int C = 2;
  private static final int H = 4;
  private static final int W = 5;
  private static final long[] SHAPE = {C, H, W};
  private static final List<Seed> SEEDS =
      LongStream.range(0, N).mapToObj(new Seed(1)::split).toList();

  static Stream<PixelSet> sets() {
    return Stream.of(
        new PixelChanges(0),
        new PixelChanges(1),
        new PixelChanges(3),
        new PixelChanges(100),
        new SquarePatch(0),
        new SquarePatch(1),
        new SquarePatch(3),
        new SquarePatch(9),
        new Frame(0),
        new Frame(1),
        new Frame(7));
  }

  private static Tensor images(long seed) {
    Tensor x = Rng.of(new Seed(seed)).uniform(-0.3, 1.3, N, C, H, W);
    return x.clamp(0, 1); // many values on a face of the box
  }

  private static double[] row(Tensor t, int i) {
    return t.select(0, i).toDoubles();
  }

  private static boolean admits(PixelSet set, double[] clean, double[] other) {
    return set.contains(clean, other, SHAPE, other, Domain.UNIT);
  }

  /** Every mask that the set admits, found by asking {@code admits} about all candidates. */
  private static List<boolean[]> masks(PixelSet set) {
    return LongStream.range(0, 1L << (H * W))
        .filter(bits -> fits(set, Long.bitCount(bits)))
        .mapToObj(PixelSetsTest::mask)
        .filter(mask -> set.admits(mask, H, W))
        .toList();
  }

  /** Only the largest masks are needed. */
  private static boolean fits(PixelSet set, int count) {
    if (set instanceof PixelChanges) {
      return count == Math.min(set.size(), H * W);
    }
    int side = set.size();
    return set instanceof SquarePatch
        ? count == Math.min(side, H) * Math.min(side, W)
        : count == H * W - Math.max(0, H - 2 * side) * Math.max(0, W - 2 * side);
  }

  private static boolean[] mask(long bits) {
    boolean[] mask = new boolean[H * W];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = (bits >> i & 1) == 1;
    }
    return mask;
  }

  private static double worth(boolean[] mask, double[] each) {
    double sum = 0;
    for (int i = 0; i < each.length; i++) {
      sum += mask[i % mask.length] ? each[i] : 0;
    }
    return sum;
  }

  private static double square(double value) {
    return value * value;
  }

  @ParameterizedTest
  @MethodSource("sets")
  void theProjectionIsTheNearestAdmissibleImage(PixelSet set) {
    List<boolean[]> masks = masks(set);
    try (Scope scope = Scope.open()) {
      Tensor clean = images(2);
      Tensor wanted = Rng.of(new Seed(3)).normal(N, C, H, W).add(clean);
      Tensor x = wanted.clone();
      Region region = set.around(clean, Domain.UNIT);
      region.project(x);
      for (int i = 0; i < N; i++) {
        double[] from = row(clean, i);
        double[] to = row(wanted.clamp(0, 1), i);
        double[] far = row(wanted, i);
        double[] squares = new double[to.length]; // what undoing a change adds
        Arrays.setAll(squares, j -> square(far[j] - from[j]) - square(far[j] - to[j]));
        double most = masks.stream().mapToDouble(m -> worth(m, squares)).max().orElseThrow();
        double[] reached = row(x, i);
        double kept = 0;
        for (int j = 0; j < reached.length; j++) {
          assertThat(reached[j] == from[j] || reached[j] == to[j]).isTrue();
          kept += square(far[j] - from[j]) - square(far[j] - reached[j]);
        }
        assertThat(kept).isCloseTo(most, within(1e-9));
        assertThat(admits(set, from, reached)).isTrue();
      }
      Tensor again = x.clone();
      region.project(again);
      assertThat(again.sameAs(x)).as("admissible points stay").isTrue();
    }
  }

  /** From the clean image a full step maximises a linear objective over the whole set. */
  @ParameterizedTest
  @MethodSource("sets")
  void aFullStepIsSteepest(PixelSet set) {
    List<boolean[]> masks = masks(set);
    try (Scope scope = Scope.open()) {
      Tensor clean = images(4);
      Tensor gradient = Rng.of(new Seed(5)).normal(N, C, H, W);
      Region region = set.around(clean, Domain.UNIT);
      Tensor x = region.origin();
      region.step(x, gradient, 1);
      for (int i = 0; i < N; i++) {
        double[] from = row(clean, i);
        double[] slope = row(gradient, i);
        double[] gains = new double[from.length];
        Arrays.setAll(gains, j -> slope[j] * ((slope[j] > 0 ? 1 : 0) - from[j]));
        double most = masks.stream().mapToDouble(m -> worth(m, gains)).max().orElseThrow();
        double[] reached = row(x, i);
        double gained = 0;
        for (int j = 0; j < reached.length; j++) {
          gained += slope[j] * (reached[j] - from[j]);
        }
        assertThat(gained).isCloseTo(most, within(1e-6));
        assertThat(admits(set, from, reached)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sets")
  void startsAreAdmissibleUseTheSetAndDependOnTheirOwnSeedAlone(PixelSet set) {
    try (Scope scope = Scope.open()) {
      Tensor clean = images(6);
      Tensor start = set.around(clean, Domain.UNIT).randomStart(SEEDS);
      boolean[] most = set.draw(new Seed(1).generator(), H, W);
      long size = C * LongStream.range(0, most.length).filter(j -> most[(int) j]).count();
      for (int i = 0; i < N; i++) {
        assertThat(admits(set, row(clean, i), row(start, i))).isTrue();
        assertThat(Distances.between(row(clean, i), row(start, i)).l0()).isEqualTo((double) size);
      }
      Tensor alone = clean.slice(0, 2, 3).clone();
      Tensor again = set.around(alone, Domain.UNIT).randomStart(SEEDS.subList(2, 3));
      assertThat(again.toDoubles()).containsExactly(row(start, 2));
    }
  }

  @Test
  void theMembershipCheckIsNotFooled() {
    double[] clean = new double[C * H * W];
    double[] two = clean.clone();
    two[0] = 1; // the first pixel in both channels
    two[H * W] = 0.5;
    two[2 * W + 2] = 1e-9; // a pixel inside, hardly
    assertThat(admits(new PixelChanges(2), clean, two)).isTrue();
    assertThat(admits(new PixelChanges(1), clean, two)).isFalse();
    assertThat(admits(new SquarePatch(3), clean, two)).isTrue();
    assertThat(admits(new SquarePatch(2), clean, two)).isFalse();
    assertThat(admits(new Frame(1), clean, two)).isFalse();
    assertThat(admits(new Frame(2), clean, two)).isTrue();
    two[1] = 1.1;
    assertThat(admits(new PixelChanges(9), clean, two)).as("outside the domain").isFalse();
    two[1] = Double.NaN;
    assertThat(admits(new PixelChanges(9), clean, two)).isFalse();
    assertThat(admits(new PixelChanges(9), clean, new double[3])).isFalse();
  }

  @Test
  void drawsAreUniform() {
    RandomGenerator random = new Seed(8).generator();
    int[] seen = new int[H * W];
    for (int k = 0; k < 4000; k++) {
      boolean[] drawn = new PixelChanges(5).draw(random, H, W);
      for (int i = 0; i < drawn.length; i++) {
        seen[i] += drawn[i] ? 1 : 0;
      }
    }
    assertThat(Arrays.stream(seen).sum()).isEqualTo(20_000);
    assertThat(Arrays.stream(seen).boxed()).allMatch(count -> Math.abs(count - 1000) < 150);
  }

  @Test
  void onlyImagesHavePixels() {
    try (Scope scope = Scope.open()) {
      Tensor rows = Rng.of(new Seed(1)).uniform(0, 1, 3, 7);
      assertThatThrownBy(() -> new PixelChanges(1).around(rows, Domain.UNIT))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("images [C, H, W]");
    }
    assertThatThrownBy(() -> new SquarePatch(-1)).hasMessageContaining("at least 0");
    assertThatThrownBy(() -> ThreatModel.parse("pixels:2.5"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("count: expected an integer");
    assertThatThrownBy(() -> ThreatModel.parse("patch:-1"))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void shortFormsAndWords() {
    assertThat(ThreatModel.parse("pixels:5").set()).isEqualTo(new PixelChanges(5));
    assertThat(ThreatModel.parse("patch:6").set()).isEqualTo(new SquarePatch(6));
    assertThat(ThreatModel.parse("frame:2").set()).isEqualTo(new Frame(2));
    assertThat(ThreatModel.parse("pixels:5+frame:1").members()).hasSize(2);
    assertThat(ThreatModel.parse("pixels:1").describe()).contains("at most 1 pixel by");
    assertThat(ThreatModel.parse("patch:6").describe()).contains("one square of 6 by 6 pixels");
    assertThat(ThreatModel.parse("frame:2").describe()).contains("a border 2 pixels wide");
    assertThat(new PixelChanges(3).scaled(0.5)).isEqualTo(new PixelChanges(1));
  }
}
