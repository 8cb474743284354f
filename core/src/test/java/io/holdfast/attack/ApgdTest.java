package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Apgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Goal;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Auto-PGD where the answer is known by hand. */
class ApgdTest {
  /** Each class has its own feature as logit. */
  private static LinearModel features(int classes) {
    float[] identity = new float[classes * classes];
    for (int k = 0; k < classes; k++) {
      identity[k * classes + k] = 1;
    }
    return new LinearModel(classes, identity);
  }

  private static List<AttackResult.Sample> run(
      Attack attack, ThreatModel threat, int classes, float... points) {
    int n = points.length / classes;
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      return new AttackDriver(features(classes), threat, workers)
          .run(
              attack,
              Tensors.of(points, n, classes),
              new int[n],
              LongStream.range(0, n).toArray(),
              new Seed(5))
          .samples();
    }
  }

  /** Margins of 0.1 and 0.3 to the likeliest of three classes; both values may move. */
  @ParameterizedTest
  @EnumSource
  void fellsExactlyWhatTheGeometrySaysWithThreeClasses(Apgd.Kind kind) {
    float[] points = {0.5f, 0.4f, 0.1f, 0.6f, 0.3f, 0.2f};
    Attack attack = Apgd.of(kind).steps(20);
    for (ThreatModel threat :
        List.of(ThreatModel.linf(0.1), ThreatModel.l2(0.15), ThreatModel.l1(0.2))) {
      assertThat(run(attack, threat, 3, points))
          .as(threat.set().key())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.HELD);
    }
  }

  @Test
  void whatHoldsHasSpentEveryStep() {
    float[] point = {0.9f, 0.1f, 0.2f, 0.3f, 0.4f, 0.1f, 0.1f, 0.1f};
    assertThat(gradients(Apgd.of(Apgd.Kind.CE).steps(20), ThreatModel.linf(0.01), point))
        .containsExactly(20, 21);
    assertThat(gradients(Apgd.of(Apgd.Kind.CE).steps(20), ThreatModel.l1(0.01), point))
        .as("five restarts, each with the look at the end of three balls")
        .containsExactly(5 * 20, 5 * 23);
    assertThat(gradients(Apgd.of(Apgd.Kind.T).steps(20), ThreatModel.l2(0.01), point))
        .as("nine targets are seven where there are eight classes")
        .containsExactly(7 * 20, 7 * 21);
    assertThat(gradients(Apgd.of(Apgd.Kind.T).steps(20), ThreatModel.l1(0.01), point))
        .as("five targets")
        .containsExactly(5 * 20, 5 * 23);
    Apgd two = Apgd.of(Apgd.Kind.T).steps(20).targets(2).restarts(3).eot(2);
    assertThat(gradients(two, ThreatModel.l2(0.01), point)).containsExactly(2 * 3 * 40, 2 * 3 * 41);
    assertThat(gradients(two, ThreatModel.l2(0.01).wanting(Goal.target(2)), point))
        .as("one class is wanted, and no other tried")
        .containsExactly(3 * 40, 3 * 41);
    ThreatModel union = ThreatModel.union(ThreatModel.l2(0.01), ThreatModel.l1(0.01));
    assertThat(gradients(Apgd.of(Apgd.Kind.DLR).steps(20), union, point))
        .as("once in L2, five times in L1")
        .containsExactly(6 * 20, 21 + 5 * 23);
  }

  /** Gradients and queries of one sample that holds. */
  private static List<Integer> gradients(Attack attack, ThreatModel threat, float... point) {
    AttackResult.Sample sample = run(attack, threat, point.length, point).get(0);
    assertThat(sample.outcome()).isEqualTo(Outcome.HELD);
    return List.of((int) sample.gradients(), (int) sample.queries());
  }

  @Test
  void theQueryBudgetIsKept() {
    float[] point = {0.9f, 0.1f, 0.2f, 0.3f};
    for (int budget : new int[] {1, 7, 13, 20}) {
      for (ThreatModel threat : List.of(ThreatModel.linf(0.01), ThreatModel.l1(0.01))) {
        assertThat(run(Apgd.of(Apgd.Kind.CE).steps(10), threat.queries(budget), 4, point).get(0))
            .extracting(AttackResult.Sample::queries)
            .isEqualTo((long) Math.min(budget, threat.set().key().startsWith("l1") ? 99 : 11));
      }
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    float[] point = {0.9f, 0.1f};
    for (Apgd.Kind kind : List.of(Apgd.Kind.DLR, Apgd.Kind.T)) {
      assertThatThrownBy(() -> run(Apgd.of(kind), ThreatModel.linf(0.1), 2, point))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("at least 3 classes for dlr");
    }
    assertThat(run(Apgd.of(Apgd.Kind.T).loss(Losses.CW), ThreatModel.linf(0.5), 2, point))
        .extracting(AttackResult.Sample::outcome)
        .containsExactly(Outcome.FELL);
    ThreatModel turning = ThreatModel.of(new RotationTranslation(8, 0.05));
    assertThatThrownBy(() -> Apgd.of(Apgd.Kind.CE).check(turning, 10))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a threat model of linf, l2, l1");
    assertThat(Arrays.stream(Apgd.Kind.values()).map(kind -> Apgd.of(kind).key()))
        .containsExactly("apgd-ce", "apgd-dlr", "apgd-t");
  }

  /** In L1 the number of components follows the sparsity alone. */
  @Test
  void theShareOfRisingStepsIsRefusedWhereAllIsL1() {
    Apgd attack = Apgd.of(Apgd.Kind.CE).rho(0.5);
    attack.check(ThreatModel.linf(0.1), 3);
    attack.check(ThreatModel.union(ThreatModel.linf(0.1), ThreatModel.l1(1)), 3);
    assertThatThrownBy(() -> attack.check(ThreatModel.l1(1), 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("apgd-ce[", "rho: expected nothing", "in l1", "found 0.5");
  }
}
