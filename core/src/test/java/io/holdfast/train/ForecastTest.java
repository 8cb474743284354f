package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** How much too much is borne. */
class ForecastTest {
  private static final double LIMIT = 1000; // seconds
  private static final Effort STEPS = new Effort(1, 1, 0, true, Pace.over(1000));
  private static final StepCost.Amount STEP = new StepCost.Amount(1, 1);

  private double clock;

  /** Its steps have taken a second each; {@code before} were used by earlier processes. */
  private Forecast after(double before, double here) {
    double zero = clock;
    Meter meter = new Meter("seconds", LIMIT, before, new StepCost(false, 0), () -> clock);
    for (int i = 0; i < 5; i++) {
      meter.begin();
      clock += 1;
      meter.endStep(STEP, 1, 1000);
    }
    clock = zero + here;
    return new Forecast(
        1000,
        new LookCosts(0, false, 0, 1, 0),
        new Forecast.Work() {
          @Override
          public StepCost.Amount amount(Effort effort, double z) {
            return STEP;
          }

          @Override
          public double area(double z) {
            return 1;
          }
        },
        List.of(meter));
  }

  /** How many seconds of work are borne where a part of the limit is used. */
  private static int borne(Forecast forecast) {
    for (int left = 1; ; left++) {
      if (!forecast.holds(1000 - left, STEPS)) {
        return left - 1;
      }
    }
  }

  @Test
  void aProcessThatHasJustBegunIsBorneWithLonger() {
    assertThat(borne(after(0, 100))).isEqualTo((int) (880 * 1.22));
    assertThat(borne(after(500, 0))).as("resumed").isEqualTo((int) (480 * 1.44));
    assertThat(borne(after(400, 100))).as("resumed, warm").isEqualTo((int) (480 * 1.14));
    assertThat(borne(after(0, 500))).as("in one process").isEqualTo((int) (480 * 1.14));
  }
}
