package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.adversarial.Mma;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Max-margin training on a linear model, whose margins are known. */
@ExtendWith(LeakCheck.class)
class MmaTest {
  private static final double CLEAN = 1.0 / 3;
  private static final Mma MMA = new Mma(1.5, CLEAN, 40);
  private static final double REACH = 1.5 * LinearShard.EPSILON;
  private static final double SEARCHED = 1.05 * REACH;

  /** Two within reach, one beyond it but not beyond the search, one beyond both, one wrong. */
  private static LinearShard shard() {
    return new LinearShard(new double[] {0.1, 0.29, 0.31, 0.6, -0.1}, 0, 1, 0, 1, 0);
  }

  @Test
  void aMarginWithinReachIsTrainedOnAtItsEnd() {
    try (Scope scope = Scope.open()) {
      LinearShard shard = shard();
      double[] losses = MMA.loss(shard).perSample().toDoubles();
      double[] moved = shard.moved(shard.found().get(0));
      assertThat(Arrays.copyOf(moved, 3)).containsExactly(new double[] {0.1, 0.29, 0.31}, exact());
      for (int i = 0; i < 2; i++) {
        double boundary = shard.crossEntropy(i, 0);
        assertThat(losses[i])
            .as("sample " + i)
            .isCloseTo(CLEAN * shard.crossEntropy(i) + (1 - CLEAN) * boundary, exact());
      }
    }
  }

  @Test
  void beyondItsReachOnlyTheCleanShareCounts() {
    try (Scope scope = Scope.open()) {
      LinearShard shard = shard();
      double[] losses = MMA.loss(shard).perSample().toDoubles();
      assertThat(shard.moved(shard.found().get(0))[3]).isCloseTo(SEARCHED, exact());
      for (int i = 2; i < 4; i++) {
        assertThat(losses[i]).isCloseTo(CLEAN * shard.crossEntropy(i), exact());
      }
    }
  }

  @Test
  void aWrongSampleIsTrainedOnItsCleanInput() {
    try (Scope scope = Scope.open()) {
      LinearShard shard = shard();
      double[] losses = MMA.loss(shard).perSample().toDoubles();
      assertThat(losses[4]).isCloseTo(shard.crossEntropy(4), exact());
    }
  }

  /** Margins are parts of the largest radius searched; of the wrong sample the least one is. */
  @Test
  void theNextEpochSearchesAsFarAsTheMargin() {
    double[] margins = {0.1 / SEARCHED, 0.29 / SEARCHED, 0.31 / SEARCHED, 1, 0};
    double[] radii = margins.clone();
    radii[4] = 0.05;
    try (Scope scope = Scope.open()) {
      LinearShard shard = shard();
      double[] first = MMA.loss(shard).perSample().toDoubles();
      assertThat(shard.remembered()).containsExactly(margins, exact());
      assertSearched(shard, 0.05, 0.05, 0.05, 0.05, 0.05);
      shard.nextEpoch();
      double[] second = MMA.loss(shard).perSample().toDoubles();
      assertSearched(shard, radii);
      assertThat(second).as("the model is the same").containsExactly(first, exact());
      assertThat(shard.remembered()).containsExactly(margins, exact());
    }
  }

  /** A margin is a length: the threat model's growth does not move it. */
  @Test
  void aGrowingThreatModelLeavesMarginsAsTheyAre() {
    double[] known = {0.1 / SEARCHED, 0.5, 0.5, 0.5, 0};
    try (Scope scope = Scope.open()) {
      LinearShard shard = shard();
      shard.radius(0.5);
      MMA.loss(shard); // up to half of the radius: 0.1575
      assertThat(shard.remembered()).containsExactly(known, exact());
      shard.nextEpoch();
      shard.radius(1);
      MMA.loss(shard);
      assertSearched(shard, 0.1 / SEARCHED, 0.5, 0.5, 0.5, 0.05);
      shard.radius(0);
      MMA.loss(shard);
      assertThat(shard.remembered()[0]).isCloseTo(0.1 / SEARCHED, exact());
    }
  }

  /** The passes of the search, each a step further, within radii in parts of the largest. */
  private static void assertSearched(LinearShard shard, double... radii) {
    assertThat(shard.asked()).hasSize(3);
    for (int pass = 0; pass < 3; pass++) {
      double way = pass * LinearShard.STEP * SEARCHED;
      assertThat(shard.moved(shard.asked().get(pass)))
          .containsExactly(TwinCase.times(radii, way), exact());
    }
  }

  @Test
  void aSampleThatTurnsWrongForgetsItsMargin() {
    try (Scope scope = Scope.open()) {
      LinearShard shard = shard();
      shard.remember(new double[] {0.5, 0.5, 0.5, 0.5, 0.5});
      MMA.loss(shard);
      assertThat(shard.remembered()[4]).isZero();
    }
  }

  @Test
  void aSampleThatStaysCleanKeepsItsMargin() {
    try (Scope scope = Scope.open()) {
      double[] margins = {0.1, 0.29, 0.31, 0.6, -0.1};
      LinearShard shard = new LinearShard(List.of(0, 1, 4), margins, 0, 1, 0, 1, 0);
      shard.remember(new double[] {0.5, 0.5, 0.5, 0.5, 0.5});
      double[] losses = MMA.loss(shard).perSample().toDoubles();
      assertThat(shard.remembered())
          .containsExactly(new double[] {0.1 / SEARCHED, 0.29 / SEARCHED, 0.5, 0.5, 0}, exact());
      assertThat(losses[2]).isCloseTo(shard.crossEntropy(2), exact());
    }
  }

  private static Offset<Double> exact() {
    return within(1e-9);
  }
}
