package io.holdfast.attack.ensemble;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Stage;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.ensemble.AutoAttack.Version;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AutoAttackTest {
  private static final ThreatModel LINF = ThreatModel.linf(0.05);

  /** Random features of images [1, 4, 4] with a kink, so that nothing is linear. */
  private record Small(int classes) implements Classifier {
    @Override
    public long[] inputShape() {
      return new long[] {1, 4, 4};
    }

    @Override
    public Tensor logits(Tensor x) {
      Rng rng = Rng.of(new Seed(7));
      Tensor first = rng.normal(16, 24); // [D, H]
      Tensor second = rng.normal(24, classes); // [H, K]
      return x.reshape(x.size(0), -1).sub(0.5).matmul(first).abs().matmul(second);
    }
  }

  private static List<String> keys(Version version, ThreatModel threat, int classes) {
    return AutoAttack.of(version).stages(threat, classes).stream().map(Attack::key).toList();
  }

  /** Random numbers go by the names of stages: two of one name would begin alike. */
  @Test
  void noStageComesTwice() {
    for (Version version : Version.values()) {
      for (int classes : new int[] {2, 3, 10}) {
        assertThat(AutoAttack.of(version).stages(LINF, classes))
            .extracting(Attack::name)
            .doesNotHaveDuplicates();
      }
    }
    assertThat(keys(Version.PLUS, LINF, 2)).hasSize(5);
  }

  @Test
  void orderAndSettingsAreThePublishedOnes() {
    String square = "square[resc_schedule=false]";
    for (ThreatModel threat : List.of(LINF, ThreatModel.l2(1), ThreatModel.l1(5))) {
      assertThat(keys(Version.STANDARD, threat, 10))
          .containsExactly("apgd-ce", "apgd-t", "fab-t", square);
    }
    assertThat(keys(Version.RAND, LINF, 10))
        .containsExactly("apgd-ce[restarts=1,eot=20]", "apgd-dlr[restarts=1,eot=20]");
    assertThat(keys(Version.RAND, ThreatModel.l1(5), 10))
        .as("the original takes larger balls in its standard version alone")
        .containsExactly(
            "apgd-ce[restarts=1,eot=20,shrink=false]", "apgd-dlr[restarts=1,eot=20,shrink=false]");
    assertThat(keys(Version.PLUS, LINF, 10))
        .containsExactly(
            "apgd-ce[restarts=5]",
            "apgd-dlr[restarts=5]",
            "fab[restarts=5]",
            square,
            "apgd-t",
            "fab-t");
  }

  @Test
  void fabIsSearchedInFloat32() {
    assertThat(AutoAttack.of(Version.STANDARD).stages(LINF, 10))
        .extracting(Attack::exact)
        .containsExactly(false, false, true, false);
  }

  @Test
  void settingsFollowTheNorm() {
    List<Attack> linf = AutoAttack.of(Version.STANDARD).stages(LINF, 10);
    assertThat(linf.get(0).restarts(LINF)).isEqualTo(1);
    assertThat(linf.get(1).mostTargets(LINF)).isEqualTo(9);
    ThreatModel l1 = ThreatModel.l1(5);
    List<Attack> sparse = AutoAttack.of(Version.STANDARD).stages(l1, 10);
    assertThat(sparse.get(0).restarts(l1)).isEqualTo(5);
    assertThat(sparse.get(1).mostTargets(l1)).isEqualTo(5);
    assertThat(sparse.get(2).mostTargets(l1)).isEqualTo(9);
  }

  @Test
  void plusIsRefusedInL1ByName() {
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      AttackDriver driver = new AttackDriver(new Small(5), ThreatModel.l1(1), one);
      assertThatThrownBy(() -> driver.check(AutoAttack.of(Version.PLUS)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("autoattack[version=plus]")
          .hasMessageContaining("not published for l1");
      ThreatModel turned = ThreatModel.of(new RotationTranslation(8, 0.05));
      assertThatThrownBy(() -> driver.withThreat(turned).check(AutoAttack.of(Version.STANDARD)))
          .hasMessageContaining("a threat model of balls");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "autoattack",
        "autoattack[version=plus]",
        "autoattack[version=rand,steps=10]",
        "holdfast",
        "holdfast[effort=0.5,eot=4]"
      })
  void textsAreReadAndWritten(String text) {
    assertThat(Attacks.parse(text).key()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "autoattack[steps=0]",
        "autoattack[version=best]",
        "autoattack[queries=0]",
        "holdfast[effort=0]",
        "holdfast[eot=0]",
        "holdfast[steps=3]"
      })
  void wrongSettingsAreRefused(String text) {
    assertThatThrownBy(() -> Attacks.parse(text)).isInstanceOf(InvalidInputException.class);
  }

  private static AttackResult run(Classifier model, Attack attack, ThreatModel threat, int n) {
    try (Workers one = Workers.of(1)) {
      Tensor x = Rng.of(new Seed(1)).uniform(0.2, 0.8, n, 1, 4, 4);
      int[] labels =
          Arrays.stream(model.logits(x).argmax(1).toLongs()).mapToInt(Math::toIntExact).toArray();
      return new AttackDriver(model, threat, one)
          .run(attack, x, labels, LongStream.range(0, n).toArray(), new Seed(2));
    }
  }

  /** 100 APGD-CE, 9 x 100 APGD-T and FAB-T steps and 5,000 Square queries; less for few classes. */
  @ParameterizedTest
  @CsvSource({"12, 9", "4, 3", "3, 2", "2, 1"})
  void everySurvivorGoesThroughEveryBudget(int classes, int targets) {
    try (Scope scope = Scope.open()) {
      AttackResult result =
          run(new Small(classes), AutoAttack.of(Version.STANDARD), ThreatModel.linf(0.02), 12);
      assertThat(result.held()).isPositive();
      for (AttackResult.Sample sample : result.samples()) {
        List<Stage> stages = sample.stages();
        assertThat(stages.get(stages.size() - 1).outcome()).isEqualTo(sample.outcome());
        if (sample.outcome() == Outcome.HELD) {
          assertThat(stages.stream().map(Stage::gradients).toList())
              .containsExactly(100L, 100L * targets, 100L * targets, 0L);
          assertThat(stages.get(3).queries()).isEqualTo(5000);
        }
      }
    }
  }

  @Test
  void anEnsembleFellsAtLeastWhatEachStageFellsAlone() {
    try (Scope scope = Scope.open()) {
      Classifier model = new Small(6);
      AutoAttack quick = new AutoAttack(Version.STANDARD, 10, 60);
      AttackResult together = run(model, quick, LINF, 60);
      for (Attack stage : quick.stages(LINF, 6)) {
        AttackResult alone = run(model, stage, LINF, 60);
        for (int i = 0; i < 60; i++) {
          boolean fell = alone.samples().get(i).outcome() == Outcome.FELL;
          assertThat(fell && together.samples().get(i).outcome() == Outcome.HELD)
              .as("%s alone felled sample %d", stage.key(), i)
              .isFalse();
        }
      }
    }
  }
}
