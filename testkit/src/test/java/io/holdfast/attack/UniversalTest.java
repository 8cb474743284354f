package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.spatial.RotationGrid;
import io.holdfast.attack.universal.Universal;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.Goal;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
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

  /** There is no end of a shard to wait for. */
  @Test
  void aStopIsHeardBetweenPasses() {
    KitData data = KitData.draw(SEED.split("test"), 50);
    Stopper stopper = Stopper.manual();
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1);
        KitModel model = KitModel.trained(SEED)) {
      AtomicInteger passes = new AtomicInteger();
      Classifier watched =
          new Classifier() {
            @Override
            public int classes() {
              return model.classes();
            }

            @Override
            public long[] inputShape() {
              return model.inputShape();
            }

            @Override
            public Tensor logits(Tensor x) {
              if (passes.incrementAndGet() == 10) {
                stopper.request();
              }
              return model.logits(x);
            }
          };
      AttackDriver driver =
          new AttackDriver(watched, ThreatModel.linf(0.1), one).withStopper(stopper);
      assertThatThrownBy(
              () ->
                  driver.run(Universal.steps(100), data.inputs(), data.labels(), data.ids(), SEED))
          .isInstanceOf(RunInterruptedException.class);
      assertThat(passes.get()).isBetween(10, 12);
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

  /** Of one perturbation towards each class the strongest is taken: what falls goes one way. */
  @Test
  void theStrongestOfOneForEachClassIsTaken() {
    KitData data = KitData.draw(SEED.split("test"), 200);
    ThreatModel threat = ThreatModel.linf(0.15);
    Attack each = Universal.steps(20).aim(Universal.Aim.EACH);
    assertThat(each.key()).isEqualTo("uap[steps=20,targets=each]");
    try (Scope scope = Scope.open()) {
      AttackResult result = run(each, threat, data);
      Map<Integer, Long> classes =
          result.samples().stream()
              .filter(s -> s.outcome() == Outcome.FELL)
              .collect(
                  Collectors.groupingBy(AttackResult.Sample::prediction, Collectors.counting()));
      long fell = classes.values().stream().mapToLong(n -> n).sum();
      assertThat(Collections.max(classes.values())).isGreaterThan(fell * 3 / 4);
      assertThat(result.samples())
          .filteredOn(s -> s.outcome() != Outcome.SKIPPED_WRONG)
          .as("once per class but the label's, and a look at each")
          .allMatch(s -> s.gradients() == 4 * 20 && s.queries() == 4 * 20 + 5);
      for (int wanted = 0; wanted < 5; wanted++) {
        AttackResult one = run(Universal.steps(20), threat.wanting(Goal.target(wanted)), data);
        long fallen = one.samples().stream().filter(s -> s.outcome() == Outcome.FELL).count();
        assertThat(fell).as("class %d", wanted).isGreaterThanOrEqualTo(fallen);
      }
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
