package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Seed;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PairedRatioTest {
  private static PairedRatio of(double... ratios) {
    double[] ones = new double[ratios.length];
    Arrays.fill(ones, 1);
    return PairedRatio.of(ones, ratios);
  }

  @Test
  void tenPairsLeaveOneOutAtEitherEnd() {
    // of ten throws, none: 1/1024; at most one: 11/1024 = 0.0107; at most two: 56/1024 = 0.055
    PairedRatio ratio = of(10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
    assertThat(ratio.ci95()).isEqualTo(List.of(2.0, 9.0));
    assertThat(ratio.median()).isEqualTo(5.5);
    assertThat(ratio.larger()).isEqualTo(9);
    assertThat(ratio.smaller()).isZero();
    assertThat(ratio.clear()).isTrue();
  }

  @Test
  void fiveDoNotTellAndSixJustDo() {
    assertThat(of(0.5, 0.5, 0.5, 0.5, 0.5).ci95()).isNull();
    assertThat(of(0.5, 0.5, 0.5, 0.5, 0.5).clear()).isFalse();
    assertThat(of(0.5, 0.6, 0.5, 0.5, 0.5, 0.5).ci95()).isEqualTo(List.of(0.5, 0.6));
    assertThatThrownBy(() -> of()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theIntervalHoldsTheTrueMedianAsOftenAsItSays() {
    RandomGenerator random = new Seed(1).generator();
    int held = 0;
    int rounds = 2000;
    for (int i = 0; i < rounds; i++) {
      double[] ratios = new double[40];
      Arrays.setAll(ratios, k -> Math.exp(random.nextGaussian())); // of median 1
      List<Double> ends = of(ratios).ci95();
      held += ends != null && ends.get(0) <= 1 && ends.get(1) >= 1 ? 1 : 0;
    }
    assertThat(held / (double) rounds).isBetween(0.945, 0.985);
  }
}
