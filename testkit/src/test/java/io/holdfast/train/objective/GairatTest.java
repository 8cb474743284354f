package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.adversarial.Gairat;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What GAIRAT counts in a real search, on a linear model whose margins are known. */
@ExtendWith(LeakCheck.class)
class GairatTest {
  /** Three steps of 0.08 within 0.2: who is right at 0, at 0.08 and at 0.16. */
  @Test
  void stepsAreCountedAtWhichASampleIsStillRight() {
    double[] margins = {-0.1, 0.05, 0.12, 0.3, 0.5};
    double[] withstood = {0, 1, 2, 3, 3};
    double[] raw =
        DoubleStream.of(withstood)
            .map(kappa -> (1 + Math.tanh(-1 + 5 * (1 - 2 * kappa / 3))) / 2)
            .toArray();
    double mean = DoubleStream.of(raw).average().orElseThrow();
    try (Scope scope = Scope.open()) {
      LinearShard shard = new LinearShard(margins, 0, 1, 0, 1, 0);
      double[] losses = new Gairat(-1, 0.6).loss(shard).perSample().toDoubles();
      for (int i = 0; i < margins.length; i++) {
        double expected = raw[i] / mean * shard.crossEntropy(i, margins[i] - LinearShard.EPSILON);
        assertThat(losses[i]).as("sample " + i).isCloseTo(expected, within(1e-5));
      }
    }
  }

  /** Whatever the smaller ball leaves right, the sample is trained on what the larger one found. */
  @Test
  void againstAUnionTheStepsOfTheWorstMemberCount() {
    double[] margins = {-0.1, 0.05, 0.12, 0.3, 0.5};
    try (Scope scope = Scope.open()) {
      LinearShard shard = new LinearShard(margins, 0, 1, 0, 1, 0);
      double[] alone = new Gairat(-1, 0.6).loss(shard).perSample().toDoubles();
      shard.within(LinearShard.EPSILON, 0.02);
      assertThat(new Gairat(-1, 0.6).loss(shard).perSample().toDoubles())
          .containsExactly(alone, within(1e-6));
      shard.within(0.02, LinearShard.EPSILON, 0.01);
      assertThat(new Gairat(-1, 0.6).loss(shard).perSample().toDoubles())
          .containsExactly(alone, within(1e-6));
    }
  }

  /** Of the mean of the others; no step was tried on them, so that none can have felled them. */
  @Test
  void samplesThatStayCleanCountOne() {
    double[] margins = {-0.1, 0.05, 0.12, 0.3, 0.5};
    List<Integer> perturbed = List.of(0, 2, 3);
    try (Scope scope = Scope.open()) {
      LinearShard shard = new LinearShard(perturbed, margins, 0, 1, 0, 1, 0);
      double[] losses = new Gairat(-1, 0.6).loss(shard).perSample().toDoubles();
      assertThat(losses[1]).isCloseTo(shard.crossEntropy(1, margins[1]), within(1e-5));
      assertThat(losses[4]).isCloseTo(shard.crossEntropy(4, margins[4]), within(1e-5));
      double sum = 0;
      for (int i : perturbed) {
        sum += losses[i] / shard.crossEntropy(i, margins[i] - LinearShard.EPSILON);
      }
      assertThat(sum).isCloseTo(perturbed.size(), within(1e-4));
    }
  }
}
