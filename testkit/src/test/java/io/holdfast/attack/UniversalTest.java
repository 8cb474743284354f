package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.spatial.RotationGrid;
import io.holdfast.attack.universal.Universal;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import org.junit.jupiter.api.Test;

/** One change for all samples, and a grid where gradients do not lead far. */
class UniversalTest {
  private static final Seed SEED = new Seed(11);

  private static AttackResult run(Attack attack, ThreatModel threat, KitData data) {
    try (Workers one = Workers.of(1);
        KitModel model = KitModel.trained(SEED)) {
      return new AttackDriver(model, threat, one)
          .run(attack, data.inputs(), data.labels(), data.ids(), SEED);
    }
  }

  @Test
  void everySampleHasTheSameChangeButForTheEdgesOfTheDomain() {
    KitData data = KitData.draw(SEED.split("test"), 100);
    try (Scope scope = Scope.open()) {
      AttackResult result = run(Universal.steps(10), ThreatModel.linf(0.1), data);
      Tensor clean = data.inputs();
      double[] change = new double[64];
      int checked = 0;
      for (int i = 0; i < 100; i++) {
        if (result.samples().get(i).cleanPrediction() != result.samples().get(i).label()) {
          continue;
        }
        double[] before = clean.select(0, i).toDoubles();
        double[] after = result.adversarial().select(0, i).toDoubles();
        for (int j = 0; j < 64; j++) {
          boolean inside = before[j] >= 0.1 && before[j] <= 0.9;
          if (inside && change[j] == 0) {
            change[j] = after[j] - before[j];
          } else if (inside) {
            assertThat(after[j] - before[j]).isCloseTo(change[j], within(1e-6));
            checked++;
          }
        }
      }
      assertThat(checked).isGreaterThan(1000);
    }
  }

  @Test
  void oneChangeForAllFellsFewerThanOneForEachAndMoreThanARandomOne() {
    KitData data = KitData.draw(SEED.split("test"), 200);
    ThreatModel threat = ThreatModel.linf(0.12);
    try (Scope scope = Scope.open()) {
      int universal = run(Universal.steps(30), threat, data).held();
      int each = run(Pgd.steps(30), threat, data).held();
      int noise = run(new RandomNoise(RandomNoise.Kind.UNIFORM, 1), threat, data).held();
      assertThat(universal).isGreaterThan(each);
      assertThat(universal).isLessThan(noise);
    }
  }

  @Test
  void aGridOverRotationsIsAtLeastAsStrongAsGradientsOfEqualCost() {
    KitData data = KitData.draw(SEED.split("test"), 200);
    ThreatModel threat = ThreatModel.of(new RotationTranslation(12, 0.1));
    try (Scope scope = Scope.open()) {
      int grid = run(new RotationGrid(11, 3), threat, data).held();
      int gradients = run(Pgd.steps(33).restarts(3), threat, data).held();
      assertThat(grid).isLessThanOrEqualTo(gradients);
    }
  }

  @Test
  void unionsAreRefused() {
    KitData data = KitData.draw(SEED.split("test"), 10);
    ThreatModel union = ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l2(1));
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> run(Universal.steps(2), union, data))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("one ball");
    }
  }
}
