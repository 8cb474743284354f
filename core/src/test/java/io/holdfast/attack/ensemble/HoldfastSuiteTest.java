package io.holdfast.attack.ensemble;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.AttackResult.Stage;
import io.holdfast.attack.Prospect;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class HoldfastSuiteTest {
  private static final ThreatModel THREAT = ThreatModel.linf(0.1);
  private static final List<Attack> STAGES = HoldfastSuite.standard().stages(THREAT, 10);

  private static boolean tries(int stage, double left, int byScores) {
    return STAGES.get(stage).tries(new Prospect(0, left, byScores));
  }

  @Test
  void theFirstThreeStagesAreForAllAndTheOthersForWhatIsNear() {
    for (int stage = 0; stage < 3; stage++) {
      assertThat(tries(stage, 2, 0)).isTrue();
    }
    for (int stage = 3; stage < 7; stage++) {
      assertThat(tries(stage, 0.9, 0)).isFalse();
      assertThat(tries(stage, 0.05, 0)).isTrue();
    }
    assertThat(STAGES.get(3).tries(new Prospect(0, 0.4, 0))).isTrue();
    assertThat(STAGES.get(3).tries(new Prospect(8, 0.4, 0))).isFalse();
  }

  @Test
  void whereScoresFellWhatGradientsLeftSquareGetsAllItsQueriesOnAll() {
    assertThat(tries(7, 0.01, 0)).isFalse();
    assertThat(tries(7, 1, 1)).isTrue();
  }

  /** The margin of class 0 is the mean of the image less 0.5, class 2 never comes near. */
  private static final class Mean implements Classifier {
    private final boolean masked;

    Mean(boolean masked) {
      this.masked = masked;
    }

    @Override
    public int classes() {
      return 3;
    }

    @Override
    public long[] inputShape() {
      return new long[] {1, 5, 5};
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor seen = masked ? x.mul(50).round().div(50) : x;
      Tensor mean = seen.reshape(x.size(0), -1).mean(1).sub(0.5).unsqueeze(1); // [N, 1]
      return Tensors.cat(List.of(mean, mean.neg(), mean.mul(0).sub(1)), 1);
    }
  }

  private static AttackResult run(Classifier model, float... means) {
    try (Workers one = Workers.of(1)) {
      int n = means.length;
      Tensor x = Tensors.of(means, n, 1, 1, 1).expand(n, 1, 5, 5).clone(); // [n, 1, 5, 5]
      return new AttackDriver(model, THREAT, one)
          .run(
              HoldfastSuite.standard(),
              x,
              new int[n],
              LongStream.range(0, n).toArray(),
              new Seed(1));
    }
  }

  @Test
  void hopelessSamplesAreGivenUpAndNearOnesAreNot() {
    try (Scope scope = Scope.open()) {
      AttackResult result = run(new Mean(false), 0.55f, 0.6005f, 0.9f);
      Sample weak = result.samples().get(0);
      Sample near = result.samples().get(1);
      Sample far = result.samples().get(2);
      assertThat(weak.outcome()).isEqualTo(Outcome.FELL);
      assertThat(weak.stages()).hasSize(1);
      assertThat(near.outcome()).isEqualTo(Outcome.HELD);
      assertThat(near.stages()).hasSize(7);
      assertThat(far.outcome()).isEqualTo(Outcome.HELD);
      assertThat(far.stages()).hasSize(3);
      assertThat(far.gradients()).isEqualTo(20 + 2 * 20);
      assertThat(near.gradients()).isGreaterThan(300);
    }
  }

  @Test
  void maskedGradientsAreAnsweredByAllOfSquare() {
    try (Scope scope = Scope.open()) {
      AttackResult result = run(new Mean(true), 0.56f, 0.57f, 0.9f);
      assertThat(result.samples().get(0).outcome()).isEqualTo(Outcome.FELL);
      Sample far = result.samples().get(2);
      assertThat(far.outcome()).isEqualTo(Outcome.HELD);
      Stage last = far.stages().get(far.stages().size() - 1);
      assertThat(last.attack()).isEqualTo("square");
      assertThat(last.queries()).isEqualTo(5000);
    }
  }
}
