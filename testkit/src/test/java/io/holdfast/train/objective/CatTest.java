package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Variates;
import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.adversarial.Cat;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Customized adversarial training on a linear model, whose margins are known. */
@ExtendWith(LeakCheck.class)
class CatTest {
  private static final Offset<Double> EXACT = within(1e-9);

  /**
   * One epoch.
   *
   * @param reached how far each sample is moved in it, in radii of the threat model
   * @param radii that are remembered of it
   */
  private static void epoch(Cat cat, LinearShard shard, double[] reached, double[] radii) {
    shard.nextEpoch();
    cat.loss(shard);
    assertThat(shard.moved(shard.found().get(0)))
        .containsExactly(TwinCase.times(reached, LinearShard.EPSILON), EXACT);
    assertThat(shard.remembered()).containsExactly(radii, EXACT);
  }

  /** Margins of 0.25, 0.6, 3, -0.5 and 0.95 radii: the fourth is wrong. */
  @Test
  void aRadiusGrowsWhileTheSampleWithstandsUpToTheThreatModels() {
    Cat cat = new Cat(0.4, 0, 1);
    try (Scope scope = Scope.open()) {
      LinearShard shard =
          new LinearShard(new double[] {0.05, 0.12, 0.6, -0.1, 0.19}, 0, 1, 0, 1, 1);
      epoch(cat, shard, values(0.4, 0.4, 0.4, 0.4, 0.4), values(0, 0.4, 0.4, 0, 0.4));
      epoch(cat, shard, values(0.4, 0.8, 0.8, 0.4, 0.8), values(0, 0.4, 0.8, 0, 0.8));
      epoch(cat, shard, values(0.4, 0.8, 1, 0.4, 1), values(0, 0.4, 1, 0, 0.8));
      epoch(cat, shard, values(0.4, 0.8, 1, 0.4, 1), values(0, 0.4, 1, 0, 0.8));
    }
  }

  /** A radius is remembered as it is, not as a part of what the curriculum wanted that day. */
  @Test
  void aGrowingThreatModelLeavesRadiiAsTheyAre() {
    Cat cat = new Cat(0.2, 0, 1);
    try (Scope scope = Scope.open()) {
      double[] margins = {0.6, 0.6, 0.6, 0.6, 0.6};
      LinearShard shard = new LinearShard(margins, 0, 1, 0, 1, 1);
      shard.radius(0.3);
      epoch(cat, shard, values(0.2, 0.2, 0.2, 0.2, 0.2), values(0.2, 0.2, 0.2, 0.2, 0.2));
      epoch(cat, shard, values(0.3, 0.3, 0.3, 0.3, 0.3), values(0.3, 0.3, 0.3, 0.3, 0.3));
      shard.radius(0.6);
      epoch(cat, shard, values(0.5, 0.5, 0.5, 0.5, 0.5), values(0.5, 0.5, 0.5, 0.5, 0.5));
      shard.radius(0);
      epoch(cat, shard, values(0, 0, 0, 0, 0), values(0.5, 0.5, 0.5, 0.5, 0.5));
    }
  }

  /** It has not withstood what it has not seen. */
  @Test
  void theRadiusOfASampleThatStaysCleanDoesNotGrow() {
    Cat cat = new Cat(0.4, 0, 1);
    try (Scope scope = Scope.open()) {
      double[] margins = {0.6, 0.6, 0.6, 0.6, 0.6};
      LinearShard shard = new LinearShard(List.of(1, 3), margins, 0, 1, 0, 1, 1);
      epoch(cat, shard, values(0, 0.4, 0, 0.4, 0), values(0, 0.4, 0, 0.4, 0));
    }
  }

  private static double[] values(double... values) {
    return values;
  }

  /** The loss is that at the grown radius, its label as soft as the radius that was withstood. */
  @Test
  void labelsAreAsSoftAsTheRadiusIsLarge() {
    Cat cat = new Cat(0.5, 0.2, 2);
    try (Scope scope = Scope.open()) {
      LinearShard shard =
          new LinearShard(new double[] {0.05, 0.12, 0.3, -0.1, 0.25}, 0, 1, 0, 1, 1);
      double[] first = cat.loss(shard).perSample().toDoubles();
      assertThat(first)
          .containsExactly(
              values(
                  soft(shard, 0, -0.05, 0),
                  soft(shard, 1, 0.02, 0.1),
                  soft(shard, 2, 0.2, 0.1),
                  soft(shard, 3, -0.2, 0),
                  soft(shard, 4, 0.15, 0.1)),
              EXACT);
      double[] second = cat.loss(shard).perSample().toDoubles();
      assertThat(second)
          .containsExactly(
              values(
                  soft(shard, 0, -0.05, 0),
                  soft(shard, 1, -0.08, 0.1),
                  soft(shard, 2, 0.1, 0.2),
                  soft(shard, 3, -0.2, 0),
                  soft(shard, 4, 0.05, 0.2)),
              EXACT);
    }
  }

  /** Cross-entropy at a margin with a label of which a part is drawn. */
  private static double soft(LinearShard shard, int i, double margin, double part) {
    double[] drawn =
        Variates.dirichlet(TwinCase.K, 2, TwinShard.seedsOf("labels").get(i).generator());
    double[] log = shard.logs(i, margin);
    double loss = -(1 - part) * log[shard.label(i)];
    for (int k = 0; k < drawn.length; k++) {
      loss -= part * drawn[k] * log[k];
    }
    return loss;
  }
}
