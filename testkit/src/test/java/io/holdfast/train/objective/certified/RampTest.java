package io.holdfast.train.objective.certified;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RampTest {
  private static final Ramp RAMP = new Ramp(0.2, 0.4);

  /** The linear part begins at a height of 1/13 and has a slope of 16/13. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 1",
    "0.2, 0, 1",
    "0.25, 1, 208", // half of the way to the bend: a sixteenth of its height
    "0.3, 1, 13", // the bend
    "0.4, 5, 13", // half of the way
    "0.5, 9, 13",
    "0.6, 1, 1",
    "1, 1, 1"
  })
  void growsByTheFourthPowerAndThenLinearly(double progress, double share, double of) {
    assertThat(RAMP.at(progress)).isCloseTo(share / of, within(1e-12));
  }

  @Test
  void neverFallsAndHasNoJump() {
    double last = 0;
    for (int i = 0; i <= 1000; i++) {
      double now = RAMP.at(i / 1000.0);
      assertThat(now).isBetween(last, last + 1.001 * 16 / 13 / 400);
      last = now;
    }
  }

  @Test
  void withoutGrowthItIsWholeAtOnce() {
    assertThat(new Ramp(0, 0).at(0)).isEqualTo(1);
    assertThat(new Ramp(0.5, 0).at(0.4)).isEqualTo(0);
    assertThat(new Ramp(0.5, 0).at(0.5)).isEqualTo(1);
  }
}
