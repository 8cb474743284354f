package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.corruption.WorstCorruption;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.CommonCorruptions;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorstCorruptionTest {
  private static final Seed SEED = new Seed(5);
  private static final ThreatModel THREE = ThreatModel.of(new CommonCorruptions(3));
  private static final int N = 60;

  private final KitModel model = KitModel.trained(new Seed(11));
  private final KitData data = KitData.draw(new Seed(12), N);
  private final Workers workers = Workers.of(1);

  @AfterAll
  void release() {
    model.close();
    workers.close();
  }

  private AttackResult run(Attack attack, ThreatModel threat) {
    return new AttackDriver(model, threat, workers)
        .run(attack, data.inputs(), data.labels(), data.ids(), SEED);
  }

  /** Every type in turn on every sample alone, by hand. */
  @Test
  void aSampleFallsExactlyWhereSomeTypeFellsIt() {
    int fell = 0;
    try (Scope scope = Scope.open()) {
      for (int level : new int[] {1, 3}) {
        Attack attack = new WorstCorruption(OptionalInt.of(level), 1);
        List<Sample> samples = run(attack, THREE).samples();
        for (int i = 0; i < N; i++) {
          Sample sample = samples.get(i);
          if (sample.outcome() != Outcome.SKIPPED_WRONG) {
            int first = firstThatFells(i, level);
            assertThat(sample.outcome()).isEqualTo(first < 15 ? Outcome.FELL : Outcome.HELD);
            assertThat(sample.queries()).isEqualTo(Math.min(15, first + 1));
            assertThat(sample.gradients()).isZero();
            fell += first < 15 ? 1 : 0;
          }
        }
      }
    }
    assertThat(fell).isBetween(10, 2 * N - 20);
  }

  private int firstThatFells(int i, int level) {
    Seed stream = SEED.split("worst-corruption").split(0).split(0).split(data.ids(i)[0]);
    float[] clean = data.inputs().select(0, i).toFloats();
    for (Corruption type : Corruption.COMMON) {
      float[] made = {type.number(), level, CommonCorruptions.draw(stream)};
      long[] shape = {1, 8, 8};
      Tensor x = Tensors.of(CommonCorruptions.corrupt(clean, shape, made, Domain.UNIT), 1, 1, 8, 8);
      if (model.logits(x).argmax(1).toLongs()[0] != data.labels()[i]) {
        return type.number();
      }
    }
    return 15;
  }

  @Test
  void whatHoldsIsLeftWithTheTypeOfHighestLoss() {
    try (Scope scope = Scope.open()) {
      AttackResult result =
          run(WorstCorruption.standard(), ThreatModel.of(new CommonCorruptions(1)));
      int changed = 0;
      for (int i = 0; i < N; i++) {
        Sample sample = result.samples().get(i);
        if (sample.outcome() == Outcome.HELD) {
          changed += sample.distances().linf() > 0 ? 1 : 0;
          double margin = margin(result.adversarial().select(0, i), sample.label());
          double clean = margin(data.inputs().select(0, i), sample.label());
          assertThat(margin).isLessThan(clean);
        }
      }
      assertThat(changed).isGreaterThan(10);
    }
  }

  private double margin(Tensor x, int label) {
    float[] z = model.logits(x.unsqueeze(0)).toFloats();
    double other =
        IntStream.range(0, z.length)
            .filter(k -> k != label)
            .mapToDouble(k -> z[k])
            .max()
            .orElseThrow();
    return z[label] - other;
  }

  @Test
  void restartsDrawAgainWhereThereIsSomethingToDraw() {
    try (Scope scope = Scope.open()) {
      long random = Corruption.COMMON.stream().filter(Corruption::random).count();
      for (Sample sample : run(new WorstCorruption(OptionalInt.of(1), 3), THREE).samples()) {
        if (sample.outcome() == Outcome.HELD) {
          assertThat(sample.queries()).isEqualTo(15 + 2 * random);
        }
      }
    }
  }

  @Test
  void theQueryBudgetEndsTheSearch() {
    try (Scope scope = Scope.open()) {
      List<Sample> samples = run(WorstCorruption.standard(), THREE.queries(4)).samples();
      assertThat(samples.stream().mapToLong(Sample::queries).max()).hasValue(4);
    }
  }

  @Test
  void greyImagesAreNotSaturated() {
    try (Scope scope = Scope.open()) {
      ThreatModel wide = ThreatModel.of(new CommonCorruptions(1, true));
      List<Sample> samples = run(WorstCorruption.standard(), wide).samples();
      assertThat(samples.stream().mapToLong(Sample::queries).max()).hasValue(18);
    }
  }

  @Test
  void otherThreatsAndOtherAttacksAreRefusedByName() {
    try (Scope scope = Scope.open()) {
      refused(WorstCorruption.standard(), ThreatModel.linf(0.1), "corruption");
      refused(Pgd.steps(3), THREE, "corruption:3");
      refused(new WorstCorruption(OptionalInt.of(4), 1), THREE, "severity");
      AttackResult noise = run(new RandomNoise(RandomNoise.Kind.UNIFORM, 1), THREE);
      assertThat(noise.held()).isBetween(10, N);
    }
    assertThatThrownBy(() -> Attacks.parse("worst-corruption[severity=6]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("severity");
    String key = "worst-corruption[severity=3,restarts=2]";
    assertThat(Attacks.parse(key).key()).isEqualTo(key);
  }

  private void refused(Attack attack, ThreatModel threat, String why) {
    assertThatThrownBy(() -> run(attack, threat))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
  }
}
