package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MeanAccuracyTest {
  /** One sample says nothing of how others would do. */
  @Test
  void aSingleShareLeavesAllOpen() {
    MeanAccuracy one = MeanAccuracy.of(new double[] {0.6});
    assertThat(one.value()).isEqualTo(0.6);
    assertThat(one.ci95()).containsExactly(0.0, 1.0);
  }

  @Test
  void theIntervalIsThatOfTheMean() {
    MeanAccuracy two = MeanAccuracy.of(new double[] {0.4, 0.6});
    double half = Wilson.Z95 * Math.sqrt(0.02 / 2); // s squared is 0.02 over n - 1
    assertThat(two.value()).isCloseTo(0.5, within(1e-12));
    assertThat(two.interval().lo()).isCloseTo(0.5 - half, within(1e-12));
    assertThat(two.interval().hi()).isCloseTo(0.5 + half, within(1e-12));
  }
}
