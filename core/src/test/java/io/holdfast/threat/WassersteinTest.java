package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Moving brightness: the oracle and the projection against obvious twins, and what is no plan. */
class WassersteinTest {
  private static final int N = 3;
  private static final int WINDOW = 5;
  private static final Transport TRANSPORT = new Transport(WINDOW);

  private static Tensor masses() {
    return Rng.of(new Seed(1)).uniform(-0.3, 1, N, 2, 6, 7).clampMin(0);
  }

  private static Tensor gains() {
    Tensor inside = TRANSPORT.around(Tensors.ones(1, 1, 6, 7));
    return Rng.of(new Seed(2)).normal(N, 2, 24, 6, 7).mul(inside);
  }

  private static Tensor budget(double... each) {
    return Tensors.of(each, each.length, 1, 1, 1, 1);
  }

  private static Tensor best(Tensor masses, Tensor gains, double... budgets) {
    Tensor plans = Tensors.zerosLike(gains);
    for (int i = 0; i < budgets.length; i++) {
      float[] own = masses.select(0, i).toFloats();
      float[] slopes = gains.select(0, i).toFloats();
      float[] found = new BestPlan(TRANSPORT, own, slopes, 6, 7, budgets[i]).find();
      plans.select(0, i).copyFrom(Tensors.of(found, 2, 24, 6, 7));
    }
    return plans;
  }

  /** What no plan within the budget exceeds, whatever the price of the way. */
  private static double bound(double[] gains, double[] masses, double budget, double price) {
    double sum = price * budget;
    for (int i = 0; i < masses.length; i++) { // [2, 6, 7]
      double most = 0;
      for (int k = 0; k < 24; k++) {
        double gain = gains[(i / 42 * 24 + k) * 42 + i % 42];
        most = Math.max(most, gain - price * TRANSPORT.length(k));
      }
      sum += masses[i] * most;
    }
    return sum;
  }

  /** By duality; nothing overflows, since there is little mass. */
  @Test
  void theBestPlanGainsWhatNoPlanExceeds() {
    try (Scope scope = Scope.open()) {
      double[] budgets = {0.07, 0.4, 1e6};
      Tensor few = masses().mul(0.02);
      Tensor plan = best(few, gains(), budgets);
      double[] ways = TRANSPORT.way(plan).toDoubles();
      for (int i = 0; i < N; i++) {
        double gain = plan.select(0, i).mul(gains().select(0, i)).to(DType.FLOAT64).sum().item();
        double[] own = gains().select(0, i).toDoubles();
        double[] there = few.select(0, i).toDoubles();
        double least = Double.POSITIVE_INFINITY;
        for (double price = 0; price < 4; price += 1e-3) {
          least = Math.min(least, bound(own, there, budgets[i], price));
        }
        assertThat(gain).isCloseTo(least, within(1e-3 * least));
        assertThat(ways[i]).isLessThanOrEqualTo(budgets[i] * (1 + 1e-5));
      }
      assertThat(ways[0]).isCloseTo(0.07, within(1e-5));
    }
  }

  /** Bright pixels take little; what could not go there goes elsewhere. */
  @Test
  void theBestPlanUsesItsBudgetAlsoWherePixelsFillUp() {
    try (Scope scope = Scope.open()) {
      Tensor bright = masses().mul(0.4).add(0.6);
      Tensor plan = best(bright, gains(), 5, 9, 12);
      Tensor filled = bright.sub(Transport.leaving(plan)).add(TRANSPORT.arriving(plan));
      assertThat(filled.max().item()).isLessThan(1 + 1e-5);
      assertThat(bright.sub(Transport.leaving(plan)).min().item()).isGreaterThan(-1e-6);
      assertThat(TRANSPORT.way(plan).toDoubles())
          .containsExactly(new double[] {5, 9, 12}, within(1e-4));
      assertThat(plan.mul(gains()).sum(1, 2, 3, 4).min().item()).isGreaterThan(3);
    }
  }

  /** No plan lies further in the direction that leads back to what was wanted. */
  @Test
  void theNearestPlanIsNearest() {
    try (Scope scope = Scope.open()) {
      Tensor wanted = gains().clampMin(0).mul(0.1);
      Tensor budget = budget(0.7, 9, 1e6);
      Tensor nearest = new NearestPlan(TRANSPORT, masses(), wanted, budget).find();
      assertThat(masses().sub(Transport.leaving(nearest)).min().item()).isGreaterThan(-1e-6);
      assertThat(TRANSPORT.way(nearest).sub(budget).max().item()).isLessThan(1e-5);
      Tensor back = wanted.sub(nearest);
      Tensor furthest = best(masses(), back, 0.7, 9, 1e6);
      Tensor further = furthest.sub(nearest).mul(back).sum(1, 2, 3, 4); // [N]
      assertThat(further.max().item()).isLessThan(1e-4);
      assertThat(back.abs().max().item()).isGreaterThan(0.1);
    }
  }

  /** Many pixels are white: whatever they get goes back, also where that makes others overflow. */
  @Test
  void noPixelGetsBrighterThanWhite() {
    try (Scope scope = Scope.open()) {
      Tensor clean = Rng.of(new Seed(3)).uniform(0.2, 2, N, 1, 9, 9).clamp(-1, 1);
      Domain domain = new Domain(-1, 1);
      Wasserstein set = new Wasserstein(1.5, 3);
      Region region = set.around(clean, domain);
      Tensor plan = region.randomStart(List.of(new Seed(1), new Seed(2), new Seed(3)));
      Tensor out = region.apply(plan);
      for (int i = 0; i < N; i++) {
        double[] before = clean.select(0, i).toDoubles();
        double[] after = out.select(0, i).toDoubles();
        double[] made = plan.select(0, i).toDoubles();
        assertThat(set.contains(before, after, new long[] {1, 9, 9}, made, domain)).isTrue();
        double moved = Distances.between(before, after).l1();
        assertThat(moved).isGreaterThan(1);
        double sum = out.select(0, i).sub(clean.select(0, i)).sum().item();
        assertThat(sum).as("mass is kept").isCloseTo(0, within(1e-4));
      }
    }
  }

  /** One pixel of mass 1/2 that goes one to the right, in an image of mass 1. */
  @Test
  void theCheckAddsThePlanUp() {
    long[] shape = {1, 1, 3};
    double[] clean = {0.5, 0.5, 0};
    double[] other = {0.5, 0, 0.5};
    double[] plan = new double[8 * 3];
    plan[4 * 3 + 1] = 0.5; // the fifth neighbour lies to the right
    assertThat(new Wasserstein(0.5, 3).contains(clean, other, shape, plan, Domain.UNIT)).isTrue();
    assertThat(new Wasserstein(0.49, 3).contains(clean, other, shape, plan, Domain.UNIT)).isFalse();
    double[] wrong = {0.5, 0.1, 0.4};
    assertThat(new Wasserstein(0.5, 3).contains(clean, wrong, shape, plan, Domain.UNIT)).isFalse();
    double[] none = new double[8 * 3];
    assertThat(new Wasserstein(0.5, 3).contains(clean, other, shape, none, Domain.UNIT)).isFalse();
    plan[4 * 3 + 1] = 0.6; // more than there is
    double[] negative = {0.5, 0, 0.6};
    assertThat(new Wasserstein(1, 3).contains(clean, negative, shape, plan, Domain.UNIT)).isFalse();
    double[] leaving = new double[8 * 3];
    leaving[4 * 3 + 2] = 0.1; // out of the image
    assertThat(new Wasserstein(1, 3).contains(clean, clean, shape, leaving, Domain.UNIT)).isFalse();
    double[] back = new double[8 * 3];
    back[4 * 3 + 1] = -0.1; // less than nothing
    double[] more = {0.5, 0.6, 0};
    assertThat(new Wasserstein(1, 3).contains(clean, more, shape, back, Domain.UNIT)).isFalse();
  }

  /** What a library keeps: places and masses, with zeros behind. */
  @Test
  void aPlanWithoutItsZerosIsCheckedLikeThePlan() {
    try (Scope scope = Scope.open()) {
      Wasserstein set = new Wasserstein(0.1, WINDOW);
      Tensor clean = masses().slice(0, 0, 1).clone();
      Region region = set.around(clean, Domain.UNIT);
      Tensor plan = region.randomStart(List.of(new Seed(4)));
      double[] before = clean.toDoubles();
      double[] after = region.apply(plan).toDoubles();
      long[] shape = {2, 6, 7};
      float[] witness = set.witness(plan.toFloats());
      assertThat(witness.length).isLessThan(before.length);
      double[] kept = new double[witness.length + 4];
      for (int i = 0; i < witness.length; i++) {
        kept[i] = witness[i];
      }
      assertThat(set.contains(before, after, shape, kept, Domain.UNIT)).isTrue();
      assertThat(set.contains(before, after, shape, after, Domain.UNIT)).isFalse();
      double[] nowhere = kept.clone();
      nowhere[1] = 1e9;
      assertThat(set.contains(before, after, shape, nowhere, Domain.UNIT)).isFalse();
      kept[2] *= 0.5;
      assertThat(set.contains(before, after, shape, kept, Domain.UNIT)).isFalse();
    }
  }

  @Test
  void blackAndTinyImagesHaveNothingToMove() {
    try (Scope scope = Scope.open()) {
      for (Tensor clean : List.of(Tensors.zeros(1, 3, 4, 4), Tensors.ones(1, 1, 1, 1))) {
        Region region = new Wasserstein(1).around(clean, Domain.UNIT);
        Tensor plan = region.randomStart(List.of(new Seed(1)));
        region.step(plan, region.pullBack(plan, Tensors.ones(clean.shape())), 0.5);
        region.project(plan);
        assertThat(region.apply(plan).toDoubles()).containsExactly(clean.toDoubles());
      }
      assertThatThrownBy(() -> new Wasserstein(1).around(Tensors.zeros(2, 7), Domain.UNIT))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("images [C, H, W]");
    }
    assertThatThrownBy(() -> ThreatModel.parse("wasserstein:0.1[window=4]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("odd");
  }
}
