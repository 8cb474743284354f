package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A smooth function of colour, and a tone curve where there is one channel. */
class RecolouringTest {
  @Test
  void agreesWithItsSlowTwinForEveryNumberOfChannelsAndAnyDomain() {
    Domain domain = new Domain(-1, 3);
    for (int channels = 1; channels <= 4; channels++) {
      for (int smooth = 0; smooth <= 2; smooth++) {
        try (Scope scope = Scope.open()) {
          Recolouring set = new Recolouring(0.3, 4, smooth);
          long[] shape = {channels, 3, 5};
          Tensor clean = Rng.of(new Seed(channels)).uniform(-1, 3, 1, channels, 3, 5);
          clean.select(0, 0).select(1, 0).fillInPlace(3); // corners of the cube
          int count = set.bounds(shape).size();
          Tensor theta = Rng.of(new Seed(smooth)).uniform(-0.3, 0.3, 1, count);
          double[] fast = set.transform(clean, theta, domain).toDoubles();
          double[] slow = set.transform(clean.toDoubles(), shape, theta.toDoubles(), domain);
          assertThat(fast).containsExactly(slow, within(set.tolerance(shape, domain)));
        }
      }
    }
  }

  /** Also at the corners of the cube, black among them, where CIELUV is steep. */
  @Test
  void agreesWithItsSlowTwinInCieluv() {
    Domain domain = new Domain(-1, 3);
    for (int smooth = 0; smooth <= 1; smooth++) {
      try (Scope scope = Scope.open()) {
        Recolouring set = new Recolouring(0.1, 4, smooth, Recolouring.Colours.LUV);
        long[] shape = {3, 6, 9};
        Tensor clean = Rng.of(new Seed(smooth)).uniform(-1, 3, 1, 3, 6, 9);
        for (int corner = 0; corner < 8; corner++) {
          for (int c = 0; c < 3; c++) {
            clean
                .select(0, 0)
                .select(0, c)
                .select(0, 0)
                .select(0, corner)
                .fillInPlace(((corner >> c) & 1) == 1 ? 3 : -1);
          }
        }
        int count = set.bounds(shape).size();
        assertThat(count).isEqualTo(3 * 64);
        Tensor theta = Rng.of(new Seed(smooth)).uniform(-0.1, 0.1, 1, count);
        double[] fast = set.transform(clean, theta, domain).toDoubles();
        double[] slow = set.transform(clean.toDoubles(), shape, theta.toDoubles(), domain);
        assertThat(fast).containsExactly(slow, within(set.tolerance(shape, domain)));
        Tensor still = set.transform(clean, theta.mul(0), domain);
        assertThat(still.sameAs(clean)).as("no shift changes nothing, bit for bit").isTrue();
      }
    }
  }

  /** CIE 15:2004 with IEC 61966-2-1; the colours' values are those of published tables. */
  @Test
  void coloursHaveTheirPublishedCoordinates() {
    double[][] known = {
      {1, 1, 1, 100, 0, 0}, // white
      {1, 0, 0, 53.24, 175.01, 37.76}, // red
      {0, 1, 0, 87.73, -83.08, 107.40}, // green
      {0, 0, 1, 32.30, -9.40, -130.34} // blue
    };
    for (double[] k : known) {
      LuvColour luv = LuvColour.of(k[0], k[1], k[2]);
      assertThat(new double[] {luv.lightness(), luv.u(), luv.v()})
          .containsExactly(new double[] {k[3], k[4], k[5]}, within(0.05));
      assertThat(luv.rgb()).containsExactly(new double[] {k[0], k[1], k[2]}, within(1e-3));
    }
  }

  /** A lightness alone moves grey along grey, by as much everywhere on the scale of the eye. */
  @Test
  void aShiftOfLightnessKeepsGreyGrey() {
    Recolouring set = new Recolouring(0.06, 2, 0, Recolouring.Colours.LUV);
    double[] theta = new double[24];
    Arrays.fill(theta, 0, 8, 0.06);
    double[] grey = {0.2, 0.5, 0.8, 0.2, 0.5, 0.8, 0.2, 0.5, 0.8}; // [3, 1, 3]
    double[] out = set.transform(grey, new long[] {3, 1, 3}, theta, Domain.UNIT);
    for (int p = 0; p < 3; p++) {
      assertThat(out[3 + p]).isCloseTo(out[p], within(1e-4));
      assertThat(out[6 + p]).isCloseTo(out[p], within(1e-4));
      double before = LuvColour.of(grey[p], grey[p], grey[p]).lightness();
      double after = LuvColour.of(out[p], out[3 + p], out[6 + p]).lightness();
      assertThat(after - before).isCloseTo(6, within(0.01));
    }
  }

  /** Points of the grid themselves, in between, and as a tone curve. */
  @Test
  void greyImagesGetAToneCurve() {
    Recolouring set = new Recolouring(0.2, 3, 0);
    assertThat(set.bounds(new long[] {1, 1, 5})).hasSize(3);
    double[] x = {0, 0.25, 0.5, 0.75, 1};
    double[] theta = {0.2, 0, -0.1}; // at 0, 1/2 and 1
    double[] out = set.transform(x, new long[] {1, 1, 5}, theta, Domain.UNIT);
    assertThat(out).containsExactly(new double[] {0.2, 0.35, 0.5, 0.7, 0.9}, within(1e-12));
  }

  /** Unlike additive changes, which tell pixels of one colour apart. */
  @Test
  void equalColoursStayEqualWhereverTheyAre() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Rng.of(new Seed(5)).uniform(0, 1, 1, 3, 4, 4);
      clean.select(2, 3).copyFrom(clean.select(2, 0)); // the last row is the first
      Recolouring set = new Recolouring(0.3, 4, 1);
      Region region = set.around(clean, Domain.UNIT);
      Tensor out = region.apply(region.randomStart(List.of(new Seed(1))));
      assertThat(out.select(2, 3).toDoubles()).containsExactly(out.select(2, 0).toDoubles());
      assertThat(out.sub(clean).abs().max().item()).isBetween(0.01, 0.3 + 1e-6);
    }
  }

  /** Whatever the parameters, also those that alternate. */
  @Test
  void averagingBoundsHowMuchNeighboursDiffer() {
    double[] most = {2, 1, 0.75, 0.625}; // 2 (2k choose k) / 4^k
    double[] points = {0, 0.25, 0.5, 0.75, 1};
    for (int smooth = 0; smooth < most.length; smooth++) {
      Recolouring set = new Recolouring(1, 5, smooth);
      for (int signs = 0; signs < 32; signs++) {
        int code = signs;
        double[] theta = new double[5];
        Arrays.setAll(theta, i -> ((code >> i) & 1) == 1 ? 1 : -1);
        double[] out = set.transform(points, new long[] {1, 1, 5}, theta, Domain.UNIT);
        for (int i = 0; i < 5; i++) {
          double shift = out[i] - points[i];
          assertThat(Math.abs(shift)).isLessThanOrEqualTo(1 + 1e-12);
          double next = i == 4 ? shift : out[i + 1] - points[i + 1];
          assertThat(Math.abs(next - shift)).isLessThanOrEqualTo(most[smooth] + 1e-12);
        }
      }
    }
  }

  @Test
  void whatIsNoImageIsRefusedByName() {
    try (Scope scope = Scope.open()) {
      Recolouring set = new Recolouring(0.1, 3, 1);
      for (long[] shape : new long[][] {{2, 7}, {2, 5, 3, 3}}) {
        assertThatThrownBy(() -> set.around(Tensors.zeros(shape), Domain.UNIT))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("recolour:0.1/3/1")
            .hasMessageContaining("one to 4 channels");
      }
    }
    try (Scope scope = Scope.open()) {
      Recolouring luv = new Recolouring(0.1, 3, 1, Recolouring.Colours.LUV);
      assertThatThrownBy(() -> luv.around(Tensors.zeros(2, 1, 3, 3), Domain.UNIT))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("images [3, H, W] in sRGB");
    }
    assertThatThrownBy(() -> ThreatModel.parse("recolour:2"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("width of the domain");
    assertThatThrownBy(() -> ThreatModel.parse("recolour:0.1[grid=1]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("grid");
  }
}
