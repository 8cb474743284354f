package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.StepSize;
import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The sets that are no balls: their regions against their own checks in double. */
class OtherSetsTest {
  private static final int N = 6;
  private static final List<Seed> SEEDS =
      LongStream.range(0, N).mapToObj(new Seed(1)::split).toList();

  private static void allAdmissible(
      PerturbationSet set, Region region, Tensor variables, Domain domain, long... shape) {
    Tensor inputs = region.apply(variables);
    for (int i = 0; i < N; i++) {
      double[] clean = region.clean().select(0, i).toDoubles();
      double[] other = inputs.select(0, i).toDoubles();
      double[] made = variables.select(0, i).toDoubles();
      assertThat(set.contains(clean, other, shape, made, domain)).as("row %d", i).isTrue();
    }
  }

  private static void startsAndStepsStayInside(
      PerturbationSet set, Tensor clean, Domain domain, long... shape) {
    Region region = set.around(clean, domain);
    Tensor v = region.randomStart(SEEDS);
    allAdmissible(set, region, v, domain, shape);
    for (int k = 0; k < 5; k++) {
      Tensor slope = Rng.of(new Seed(k)).normal(clean.shape());
      region.step(v, region.pullBack(v, slope), 0.4);
      allAdmissible(set, region, v, domain, shape);
    }
    allAdmissible(set, region, region.origin(), domain, shape);
    assertThat(region.apply(region.origin()).sub(clean).abs().max().item()).isLessThan(1e-5);
  }

  /** A set that only shifts has a size too, which steps and curricula go by. */
  @Test
  void whereNothingIsRotatedTheShiftIsTheSize() {
    RotationTranslation shifts = new RotationTranslation(0, 0.1);
    assertThat(shifts.epsilon()).isEqualTo(0.1);
    ThreatModel half = ThreatModel.of(shifts).withEpsilon(0.05);
    assertThat(half.set()).isEqualTo(new RotationTranslation(0, 0.05));
    double fraction =
        InnerMaximiser.of(3, StepSize.absolute(0.02), ThreatModel.of(shifts), Start.CLEAN)
            .fraction(0);
    assertThat(fraction).isCloseTo(0.2, within(1e-12));
  }

  /** Of images in bytes, whose values float32 resamples with 255 times the error. */
  @Test
  void honestTransformationsOfAnyDomainAreInside() {
    Domain bytes = new Domain(0, 255);
    try (Scope scope = Scope.open()) {
      RotationTranslation set = new RotationTranslation(30, 0.1);
      long[] shape = {1, 28, 28};
      Tensor clean = Rng.of(new Seed(8)).uniform(0, 1, 64, 1, 28, 28).gt(0.5).to(DType.FLOAT32);
      clean = clean.mul(255);
      Tensor theta = Rng.of(new Seed(9)).uniform(-1, 1, 64, 3);
      theta = theta.mul(Tensors.of(new float[] {30, 0.1f, 0.1f}, 1, 3));
      Tensor made = set.transform(clean, theta, bytes).clamp(0, 255);
      for (int i = 0; i < 64; i++) {
        assertThat(
                set.contains(
                    clean.select(0, i).toDoubles(),
                    made.select(0, i).toDoubles(),
                    shape,
                    theta.select(0, i).toDoubles(),
                    bytes))
            .as("sample %d", i)
            .isTrue();
      }
    }
  }

  @Test
  void rotationsAgreeWithTheirSlowTwinAlsoWhereImagesAreNotSquare() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Rng.of(new Seed(2)).uniform(0, 1, N, 2, 7, 12);
      RotationTranslation set = new RotationTranslation(40, 0.2);
      startsAndStepsStayInside(set, clean, Domain.UNIT, 2, 7, 12);
      Region region = set.around(clean, Domain.UNIT);
      Tensor v = region.randomStart(SEEDS);
      double[] other = region.apply(v).select(0, 0).toDoubles();
      double[] first = clean.select(0, 0).toDoubles();
      double[] made = v.select(0, 0).toDoubles();
      made[1] += 0.01;
      assertThat(set.contains(first, other, new long[] {2, 7, 12}, made, Domain.UNIT)).isFalse();
      assertThat(
              new RotationTranslation(1e-3, 0)
                  .contains(first, other, new long[] {2, 7, 12}, made, Domain.UNIT))
          .isFalse();
    }
  }

  @Test
  void flowsAgreeWithTheirSlowTwinAlsoWhereImagesAreNotSquare() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Rng.of(new Seed(2)).uniform(0, 1, N, 2, 7, 12);
      Flow set = new Flow(1.7, 3);
      startsAndStepsStayInside(set, clean, Domain.UNIT, 2, 7, 12);
      Region region = set.around(clean, Domain.UNIT);
      Tensor v = region.randomStart(SEEDS);
      double[] other = region.apply(v).select(0, 0).toDoubles();
      double[] first = clean.select(0, 0).toDoubles();
      double[] made = v.select(0, 0).toDoubles();
      long[] shape = {2, 7, 12};
      assertThat(new Flow(0.1, 3).contains(first, other, shape, made, Domain.UNIT)).isFalse();
      made[4] += 0.01;
      assertThat(set.contains(first, other, shape, made, Domain.UNIT)).isFalse();
    }
  }

  /** Where all points of the grid shift alike, the whole image does. */
  @Test
  void anEvenFlowShiftsTheImage() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Rng.of(new Seed(2)).uniform(0, 1, 1, 1, 5, 6);
      float[] theta = {2, 2, 2, 2, -1, -1, -1, -1}; // right by two, up by one
      double[] moved =
          new Flow(2, 2).transform(clean, Tensors.of(theta, 1, 8), Domain.UNIT).toDoubles();
      double[] before = clean.toDoubles();
      for (int row = 0; row < 5; row++) {
        for (int column = 0; column < 6; column++) {
          boolean inside = row + 1 < 5 && column - 2 >= 0;
          double expected = inside ? before[(row + 1) * 6 + column - 2] : 0;
          assertThat(moved[row * 6 + column]).isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  @Test
  void codesChangeWithinTheBudget() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Rng.of(new Seed(2)).integers(4, N, 9).to(io.holdfast.tensor.DType.FLOAT32);
      CodeChanges set = new CodeChanges(4, 3);
      startsAndStepsStayInside(set, clean, new Domain(0, 3), 9);
      double[] start = set.around(clean, new Domain(0, 3)).randomStart(SEEDS).toDoubles();
      double[] before = clean.toDoubles();
      assertThat(Distances.between(before, start).l0()).isEqualTo(3.0 * N);
      double[] half = {0.5, 1};
      assertThat(set.edits(new double[] {0, 1}, half)).isInfinite();
    }
  }

  @Test
  void aStepOverBitsTakesTheSteepestFlips() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Tensors.of(new float[] {0, 1, 0, 1}, 1, 4);
      Region region = CodeChanges.bitFlips(2).around(clean, Domain.UNIT);
      Tensor v = region.origin();
      region.step(v, Tensors.of(new float[] {5, 4, -9, -3}, 1, 4), 1);
      assertThat(v.toFloats()).containsExactly(1, 1, 0, 0);
    }
  }

  @Test
  void productsHoldEveryPartAndLeaveOtherColumnsAlone() {
    try (Scope scope = Scope.open()) {
      Tensor numbers = Rng.of(new Seed(3)).uniform(0, 1, N, 5);
      Tensor bits = Rng.of(new Seed(4)).bernoulli(0.5, N, 6);
      Tensor clean = Tensors.cat(List.of(numbers, bits), 1);
      Product set =
          new Product(
              List.of(
                  new Product.Part(0, 4, new Additive(Norm.L2, 0.3)),
                  new Product.Part(6, 11, CodeChanges.bitFlips(2))));
      startsAndStepsStayInside(set, clean, Domain.UNIT, 11);
      Tensor v = set.around(clean, Domain.UNIT).randomStart(SEEDS);
      assertThat(v.slice(1, 4, 6).sameAs(clean.slice(1, 4, 6))).isTrue();
    }
  }
}
