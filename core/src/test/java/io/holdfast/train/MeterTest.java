package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** What is seen between steps, and what is said of a budget at the end. */
class MeterTest {
  private double clock;
  private final Meter meter = new Meter("seconds", 100, 10, new StepCost(false, 0), () -> clock);

  private void takes(double seconds, Runnable end) {
    meter.begin();
    clock += seconds;
    end.run();
  }

  @Test
  void oneStandstillIsNotBelievedForGood() {
    for (double seconds : new double[] {2, 30, 3}) {
      takes(seconds, meter::endValidation);
      takes(seconds, meter::endSave);
    }
    assertThat(meter.validation(1)).isEqualTo(3);
    assertThat(meter.save()).isEqualTo(3);
    assertThat(meter.validation(0)).as("where there are none").isZero();
    assertThat(meter.used()).isEqualTo(80);
    assertThat(meter.usedHere()).isEqualTo(70);
  }

  @Test
  void checkpointsAreSpreadOverSteps() {
    assertThat(meter.saving()).isZero();
    for (int i = 0; i < 10; i++) {
      takes(1, () -> meter.endStep(new StepCost.Amount(1, 1), 1, 10));
    }
    takes(4, meter::endSave);
    takes(4, meter::endSave);
    assertThat(meter.saving()).isCloseTo(0.8, within(1e-12));
  }

  @Test
  void allThatWasGivenUpAndMissedIsSaid() {
    assertThat(new GivenUp(10, 10, 4, 4, false, false).words(null)).isEqualTo("gave up nothing");
    assertThat(new GivenUp(10, 10, 4, 4, false, true).words(null))
        .isEqualTo("gave up validation before the end of training");
    assertThat(new GivenUp(5, 10, 4, 3, false, false).words(null))
        .isEqualTo("gave up 25.0% of the attack's gradients per step and 50.0% of the steps");
    assertThat(new GivenUp(10, 10, 4, 1, true, false).words(null))
        .isEqualTo(
            "gave up 75.0% of the attack's gradients per step and the adversarial samples that"
                + " were put off");
    clock = 120;
    assertThat(new GivenUp(10, 10, 4, 4, false, false).words(meter))
        .startsWith("took 30.0% more than its budget; ");
    assertThat(new GivenUp(10, 10, 4, 4, false, true).words(meter))
        .startsWith("gave up validation before the end of training; took 30.0% more");
  }
}
