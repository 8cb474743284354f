package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import java.util.List;
import java.util.Map;
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

  private static Decision decision(What what, double from, double to, long step) {
    return new Decision(Decision.TRAINING, step, what, from, to, "", Map.of());
  }

  /** Of epochs of ten steps; the end of the last one is validated in any case. */
  @Test
  void epochsThatWereNotValidatedAreCounted() {
    Decision off = decision(What.VALIDATION, 1, 0, 12);
    Decision on = decision(What.VALIDATION, 0, 1, 30);
    Decision back = decision(What.ROLLBACK, 25, 15, 25);
    assertThat(GivenUp.unseen(List.of(), 50, 10)).isZero();
    assertThat(GivenUp.unseen(List.of(off), 50, 10)).as("20, 30 and 40").isEqualTo(3);
    assertThat(GivenUp.unseen(List.of(off), 45, 10)).as("20, 30 and 40").isEqualTo(3);
    assertThat(GivenUp.unseen(List.of(off, on), 50, 10)).as("20 and 30").isEqualTo(2);
    assertThat(GivenUp.unseen(List.of(off, back, on), 50, 10)).as("20, 20, 30").isEqualTo(3);
    assertThat(GivenUp.unseen(List.of(back), 50, 10)).isZero();
    Decision soon = decision(What.VALIDATION, 0, 1, 19);
    assertThat(GivenUp.unseen(List.of(off, soon), 50, 10)).as("none ended").isZero();
  }

  @Test
  void allThatWasGivenUpAndMissedIsSaid() {
    assertThat(new GivenUp(10, 10, 4, 4, false, 0).words(null)).isEqualTo("gave up nothing");
    assertThat(new GivenUp(10, 10, 4, 4, false, 3).words(null))
        .isEqualTo("gave up the validation of 3 epochs");
    assertThat(new GivenUp(5, 10, 4, 3, false, 0).words(null))
        .isEqualTo("gave up 25.0% of the attack's gradients per step and 50.0% of the steps");
    assertThat(new GivenUp(10, 10, 4, 1, true, 0).words(null))
        .isEqualTo(
            "gave up 75.0% of the attack's gradients per step and the adversarial samples that"
                + " were put off");
    clock = 120;
    assertThat(new GivenUp(10, 10, 4, 4, false, 0).words(meter))
        .startsWith("took 30.0% more than its budget; ");
    assertThat(new GivenUp(10, 10, 4, 4, false, 3).words(meter))
        .startsWith("gave up the validation of 3 epochs; took 30.0% more");
  }
}
