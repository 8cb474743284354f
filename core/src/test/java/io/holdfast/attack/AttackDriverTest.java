package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import org.junit.jupiter.api.Test;

class AttackDriverTest {
  /** Class 1 where the first feature is above the second. */
  private static final LinearModel MODEL = new LinearModel(2, 0, 1, 1, 0);

  /** Margins 0.05, 0.15 and 0.5 towards class 1, then one that is wrong. */
  private static final float[] POINTS = {0.525f, 0.475f, 0.575f, 0.425f, 0.75f, 0.25f, 0.2f, 0.8f};

  private static AttackResult run(ThreatModel threat) {
    try (Workers workers = Workers.of(1)) {
      Tensor x = Tensors.of(POINTS, 4, 2);
      AttackDriver driver = new AttackDriver(MODEL, threat, workers);
      return driver.run(
          Pgd.steps(10), x, new int[] {1, 1, 1, 1}, new long[] {7, 8, 9, 10}, new Seed(1));
    }
  }

  @Test
  void fellsExactlyWhatTheGeometrySays() {
    try (Scope scope = Scope.open()) {
      assertThat(run(ThreatModel.linf(0.1)).samples())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.FELL, Outcome.HELD, Outcome.SKIPPED_WRONG);
      assertThat(run(ThreatModel.l2(0.1)).samples()) // distance to the boundary: margin / sqrt 2
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.HELD, Outcome.HELD, Outcome.SKIPPED_WRONG);
      assertThat(run(ThreatModel.l1(0.2)).samples()) // distance to the boundary: margin
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.FELL, Outcome.HELD, Outcome.SKIPPED_WRONG);
    }
  }

  @Test
  void aUnionIsAsStrongAsItsStrongestMember() {
    ThreatModel union = ThreatModel.union(ThreatModel.l2(0.01), ThreatModel.linf(0.1));
    try (Scope scope = Scope.open()) {
      assertThat(run(union).held()).isEqualTo(1);
    }
  }
}
