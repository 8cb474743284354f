package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sample whose classes tie, which the smallest step fells. */
class OnTheBoundaryTest {
  @ParameterizedTest
  @ValueSource(strings = {"deepfool", "pgd[random_start=false]", "fab", "fab-t"})
  void itFalls(String attack) {
    LinearModel model = new LinearModel(2, 1, 0, 0, 1);
    try (Workers one = Workers.of(1);
        Scope scope = Scope.open()) {
      AttackResult result =
          new AttackDriver(model, ThreatModel.linf(0.1), one)
              .run(
                  Attacks.parse(attack),
                  Tensors.of(new float[] {0.5f, 0.5f}, 1, 2),
                  new int[] {0},
                  new long[] {0},
                  new Seed(1));
      assertThat(result.samples().get(0).outcome()).isEqualTo(Outcome.FELL);
    }
  }
}
