package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.train.StepCost.Amount;
import org.junit.jupiter.api.Test;

/** Steps that cost {@code 0.1 * (2 f + g)} seconds: the rest is twice as dear as formulas say. */
class StepCostTest {
  private static final Amount PLAIN = new Amount(4, 1.5);
  private static final Amount DEARER = new Amount(4, 3); // a second pass
  private static final Amount CHEAPER = new Amount(1, 1.5); // three steps of the search fewer

  private static final int LEFT = 10; // steps: the last nine tell the speed

  private static double seconds(Amount amount) {
    return 0.1 * (2 * amount.fixed() + amount.gradients());
  }

  private static StepCost seen(Amount... kinds) {
    StepCost cost = new StepCost(false, 0);
    cost.add(PLAIN, 100, LEFT); // what prepares much says nothing
    for (Amount kind : kinds) {
      for (int i = 0; i < 9; i++) {
        cost.add(kind, seconds(kind), LEFT);
      }
    }
    return cost;
  }

  @Test
  void whatWasSeenIsKnown() {
    assertThat(seen().known()).isFalse();
    assertThat(seen(PLAIN).of(PLAIN)).isCloseTo(seconds(PLAIN), within(1e-12));
    assertThat(seen(PLAIN, DEARER).of(DEARER)).isCloseTo(seconds(DEARER), within(1e-12));
  }

  /**
   * By the formulas at first; the share of the rest is learnt, halfway each time, where it can be.
   */
  @Test
  void whatWasNotSeenIsForeseen() {
    double first = seen(PLAIN).of(DEARER);
    assertThat(first).isBetween(seconds(PLAIN) * 1.2, seconds(DEARER));
    for (Amount other : new Amount[] {DEARER, CHEAPER}) {
      StepCost cost = seen(PLAIN, other, PLAIN, other, PLAIN, other, PLAIN, other);
      for (Amount each : new Amount[] {PLAIN, DEARER, CHEAPER}) {
        assertThat(cost.of(each)).isCloseTo(seconds(each), within(0.02 * seconds(each)));
      }
    }
  }

  @Test
  void whatTellsNothingApartTeachesNothing() {
    Amount once = new Amount(0, 1.5);
    Amount twice = new Amount(0, 3);
    StepCost cost = seen(once, twice, once);
    assertThat(cost.of(once)).isCloseTo(seconds(once), within(1e-12));
    assertThat(cost.of(twice)).isCloseTo(seconds(twice), within(1e-12));
  }

  /** The more steps are left, the longer a slow stretch must last to be taken for the rule. */
  @Test
  void slowMomentsAreNotTakenForSlowHours() {
    assertThat(afterSlowSteps(20, LEFT)).isCloseTo(2, within(1e-12));
    assertThat(afterSlowSteps(4, LEFT)).isCloseTo(1, within(1e-12));
    assertThat(afterSlowSteps(20, 800)).isCloseTo(1, within(1e-12)); // 20 of the last 100
    assertThat(afterSlowSteps(60, 800)).isCloseTo(2, within(1e-12));
    assertThat(afterSlowSteps(110, 100_000)).isCloseTo(2, within(1e-12)); // of 200, not of all
  }

  /** What a step is thought to cost, in usual ones. */
  private static double afterSlowSteps(int slow, long left) {
    StepCost cost = new StepCost(false, 0);
    for (int i = 0; i < 300; i++) {
      cost.add(PLAIN, seconds(PLAIN), left);
    }
    for (int i = 0; i < slow; i++) {
      cost.add(PLAIN, 2 * seconds(PLAIN), left);
    }
    return cost.of(PLAIN) / seconds(PLAIN);
  }

  /** A few slow steps of another kind are held against what was seen of the kind before. */
  @Test
  void beginningsOfOtherWorkKeepTheSpeed() {
    StepCost cost = new StepCost(false, 0);
    for (int i = 0; i < 300; i++) {
      cost.add(PLAIN, 0.1 * (PLAIN.fixed() + PLAIN.gradients()), 800);
    }
    for (int i = 0; i < 4; i++) {
      cost.add(DEARER, 0.15 * (DEARER.fixed() + DEARER.gradients()), 800);
    }
    assertThat(cost.of(PLAIN)).isCloseTo(0.55, within(1e-9));
  }

  /** As where a machine has become a little slower when one step of the search is left out. */
  @Test
  void nearlyEqualWorkTeachesNothing() {
    StepCost cost = new StepCost(false, 3);
    for (int i = 0; i < 20; i++) {
      cost.add(PLAIN, seconds(PLAIN), LEFT);
    }
    Amount fewer = new Amount(3.7, 1.5);
    for (int i = 0; i < 30; i++) {
      cost.add(fewer, 1.1 * seconds(PLAIN), LEFT);
    }
    assertThat(cost.scale()).isEqualTo(3);
  }

  /** Of work that was never seen in this process: by what an earlier one has learnt. */
  @Test
  void whatWasLearntBeforeIsKept() {
    StepCost fresh = new StepCost(false, 0);
    StepCost resumed = new StepCost(false, 0.25);
    for (int i = 0; i < 5; i++) {
      fresh.add(new Amount(9, 4), 10, LEFT);
      resumed.add(new Amount(9, 4), 10, LEFT);
    }
    assertThat(resumed.scale()).isEqualTo(0.25);
    assertThat(fresh.of(new Amount(0, 4))).isCloseTo(10.0 * 4 / 13, within(1e-12));
    assertThat(resumed.of(new Amount(0, 4))).isCloseTo(10.0 * 1 / 10, within(1e-12));
  }

  /** More steps say it better; they do not say it twice. */
  @Test
  void whatIsComparedAgainIsNotAddedUp() {
    StepCost cost = new StepCost(false, 0);
    for (Amount kind : new Amount[] {PLAIN, DEARER}) {
      for (int i = 0; i < 100; i++) {
        cost.add(kind, seconds(kind), LEFT);
      }
    }
    assertThat(cost.scale()).isCloseTo(1.5, within(1e-9)); // halfway from 1 to 2
  }

  /** A clock that ticks each 10 steps tells a mean, and no median. */
  @Test
  void coarseClocksAreAveraged() {
    StepCost cost = new StepCost(true, 0);
    for (int i = 1; i <= 200; i++) {
      cost.add(PLAIN, i % 10 == 0 ? 1 : 0, 1600);
    }
    assertThat(cost.known()).isTrue();
    assertThat(cost.of(PLAIN)).isCloseTo(0.1, within(0.01));
  }

  @Test
  void oneStepSaysNothingYet() {
    StepCost cost = new StepCost(false, 0);
    cost.add(PLAIN, 100, LEFT);
    cost.add(PLAIN, 35, LEFT); // held up
    assertThat(cost.of(PLAIN)).isZero();
    cost.add(PLAIN, 1, LEFT);
    assertThat(cost.known()).isFalse();
    assertThat(cost.of(PLAIN)).isEqualTo(1);
  }
}
