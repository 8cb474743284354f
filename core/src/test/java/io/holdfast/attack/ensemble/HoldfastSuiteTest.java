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

  private static boolean tries(int stage, double left) {
    return STAGES.get(stage).tries(new Prospect(0, left, 0, 0));
  }

  @Test
  void theFirstFourStagesAreForAllAndOthersForWhatIsNear() {
    for (int stage = 0; stage < 4; stage++) {
      assertThat(tries(stage, 2)).isTrue();
    }
    for (int stage = 5; stage < 9; stage++) {
      assertThat(tries(stage, 0.9)).isFalse();
      assertThat(tries(stage, 0.05)).isTrue();
    }
    assertThat(STAGES.get(5).tries(new Prospect(0, 0.4, 0, 0))).isTrue();
    assertThat(STAGES.get(5).tries(new Prospect(8, 0.4, 0, 0))).isFalse();
  }

  @Test
  void whatFellsWhatGradientsLeftIsSpentInFullOnAll() {
    assertThat(tries(4, 0.01)).isFalse();
    assertThat(STAGES.get(4).tries(new Prospect(0, 1, 0, 1))).isTrue();
    assertThat(tries(9, 0.06)).isFalse();
    assertThat(tries(9, 0.04)).as("all but at the boundary").isTrue();
    assertThat(STAGES.get(9).tries(new Prospect(0, 1, 1, 0))).isTrue();
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

  /** One sample per mean, uniform grey. */
  private static AttackResult run(Classifier model, float... means) {
    int n = means.length;
    return run(model, Tensors.of(means, n, 1, 1, 1).expand(n, 1, 5, 5).clone()); // [n, 1, 5, 5]
  }

  private static AttackResult run(Classifier model, Tensor x) {
    try (Workers one = Workers.of(1)) {
      int n = Math.toIntExact(x.size(0));
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
      assertThat(near.stages()).hasSize(9);
      assertThat(far.outcome()).isEqualTo(Outcome.HELD);
      assertThat(far.stages()).hasSize(4);
      assertThat(far.gradients()).isEqualTo(20 + 2 * 20 + 50);
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
      assertThat(last.attack()).isEqualTo("square[resc_schedule=true]");
      assertThat(last.queries()).isEqualTo(5000);
    }
  }

  /**
   * Class 1 lies beyond a slope, before which all is level: at grey images, and wherever a ball of
   * radius 0.1 around them is entered at random, there is no gradient. Class 2 never comes near.
   */
  private static final class Plateau implements Classifier {
    /** The signs of a chequered board, {@code [1, 1, 5, 5]}. */
    static Tensor board() {
      float[] signs = new float[25];
      for (int i = 0; i < 25; i++) {
        signs[i] = i % 2 == 0 ? 1 : -1;
      }
      return Tensors.of(signs, 1, 1, 5, 5);
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
      Tensor signed = x.sub(0.5).mul(board()).reshape(x.size(0), -1); // [N, 25]
      Tensor gain = signed.mean(1).sub(0.05).clampMin(0).sub(0.03).unsqueeze(1); // [N, 1]
      return Tensors.cat(List.of(gain.neg(), gain, gain.mul(0).sub(1)), 1);
    }
  }

  @Test
  void whatAscentsAndQueriesLeaveOnAPlateauFallsToTheWalkFromAfar() {
    try (Scope scope = Scope.open()) {
      Tensor grey = Tensors.full(0.5, 1, 1, 5, 5); // 0.08 from the boundary
      Tensor far = Plateau.board().mul(-0.05).add(0.5); // 0.13 from it
      AttackResult result = run(new Plateau(), Tensors.cat(List.of(grey, far), 0));
      List<Stage> felled = result.samples().get(0).stages();
      assertThat(result.samples().get(0).outcome()).isEqualTo(Outcome.FELL);
      assertThat(felled.get(felled.size() - 1).attack())
          .isEqualTo("brendel-bethge[steps=50,radius=0.02]");
      List<Stage> held = result.samples().get(1).stages();
      assertThat(result.samples().get(1).outcome()).isEqualTo(Outcome.HELD);
      assertThat(held.get(held.size() - 1).attack())
          .as("what stands has met the same from other starts")
          .isEqualTo("brendel-bethge[steps=100,radius=0.02,restarts=3]");
      assertThat(held.get(held.size() - 1).gradients()).isEqualTo(300);
    }
  }
}
