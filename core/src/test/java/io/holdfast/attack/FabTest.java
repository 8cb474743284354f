package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.minimal.Fab;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Norm;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** FAB where the answer is known by hand. */
class FabTest {
  /** Each class has its own feature as logit; every label is 0. */
  private static List<AttackResult.Sample> run(
      Attack attack, ThreatModel threat, int classes, float... points) {
    float[] identity = new float[classes * classes];
    for (int k = 0; k < classes; k++) {
      identity[k * classes + k] = 1;
    }
    int n = points.length / classes;
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      return new AttackDriver(new LinearModel(classes, identity), threat, workers)
          .run(
              attack,
              Tensors.of(points, n, classes),
              new int[n],
              LongStream.range(0, n).toArray(),
              new Seed(5))
          .samples();
    }
  }

  /**
   * Margins of 0.1 and 0.3: half of that in L-infinity, over the root of 2 in L2, all of it in L1.
   * Eta 1.01 keeps what is found within 2 % of the smallest, once the walk has settled.
   */
  @ParameterizedTest
  @EnumSource
  void findsPerturbationsHardlyLargerThanTheSmallest(Fab.Kind kind) {
    float[] points = {0.5f, 0.4f, 0.1f, 0.6f, 0.3f, 0.2f};
    Fab attack = Fab.of(kind).eta(1.01).steps(10);
    for (ThreatModel threat :
        List.of(ThreatModel.linf(0.051), ThreatModel.l2(0.0722), ThreatModel.l1(0.102))) {
      assertThat(run(attack, threat, 3, points))
          .as(threat.set().key())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.FELL, Outcome.HELD);
      assertThat(run(attack, threat.with(threat.set().scaled(0.95)), 3, points))
          .as("smaller than the smallest in %s", threat.set().key())
          .extracting(AttackResult.Sample::outcome)
          .containsExactly(Outcome.HELD, Outcome.HELD);
    }
  }

  @Test
  void whatHoldsHasSpentEveryStep() {
    float[] point = {0.9f, 0.1f, 0.2f, 0.3f, 0.4f};
    ThreatModel threat = ThreatModel.linf(0.01);
    assertThat(spent(Fab.of(Fab.Kind.ALL).steps(7).restarts(2), threat, point))
        .as("one gradient per class and step; the model is asked at two points")
        .containsExactly(2 * 7 * 4, 2 * 7 * 2);
    assertThat(spent(Fab.of(Fab.Kind.TARGETED).steps(7), threat, point))
        .as("nine targets are four where there are five classes")
        .containsExactly(4 * 7, 4 * 14);
    assertThat(spent(Fab.of(Fab.Kind.TARGETED).steps(7).targets(2), threat, point))
        .containsExactly(2 * 7, 2 * 14);
    for (Fab.Kind kind : Fab.Kind.values()) {
      assertThat(spent(Fab.of(kind).steps(7), threat.wanting(Goal.target(2)), point))
          .as("one class is wanted, and no other tried")
          .containsExactly(7, 14);
    }
    assertThat(spent(Fab.of(Fab.Kind.ALL), threat.queries(13), point))
        .as("six steps of two queries; a seventh would be beyond the budget")
        .containsExactly(24, 12);
  }

  /** Gradients and queries of one sample that holds. */
  private static List<Integer> spent(Attack attack, ThreatModel threat, float... point) {
    AttackResult.Sample sample = run(attack, threat, point.length, point).get(0);
    assertThat(sample.outcome()).isEqualTo(Outcome.HELD);
    return List.of((int) sample.gradients(), (int) sample.queries());
  }

  @Test
  void aWantedClassIsReachedPastALikelierOne() {
    float[] point = {0.5f, 0.45f, 0.2f};
    for (Fab.Kind kind : Fab.Kind.values()) {
      ThreatModel wanting = ThreatModel.linf(0.25).wanting(Goal.target(2));
      assertThat(run(Fab.of(kind), wanting, 3, point).get(0))
          .returns(Outcome.FELL, AttackResult.Sample::outcome)
          .returns(2, AttackResult.Sample::prediction);
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    ThreatModel turning = ThreatModel.of(new RotationTranslation(8, 0.05));
    assertThatThrownBy(() -> Fab.of(Fab.Kind.ALL).check(turning, 10))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a threat model of linf, l2, l1");
    assertThatThrownBy(() -> new Fab(Fab.Kind.ALL, 0, 1, 2, 0.5, Double.NaN, 9))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("steps", "alpha_max", "eta", "beta");
  }

  /**
   * Without a limit the distances are the closed forms, margin over the dual length of the slopes'
   * difference, within eta; no sample leaves before the end.
   */
  @ParameterizedTest
  @EnumSource
  void distancesWithoutALimitAreTheClosedForms(Fab.Kind kind) {
    float[] points = {0.5f, 0.4f, 0.1f, 0.6f, 0.3f, 0.2f};
    Fab attack = Fab.of(kind).eta(1.01).steps(30);
    for (Norm norm : List.of(Norm.LINF, Norm.L2, Norm.L1)) {
      double part = norm == Norm.LINF ? 0.5 : norm == Norm.L2 ? Math.sqrt(0.5) : 1;
      List<AttackResult.Sample> samples = run(attack, ThreatModel.smallest(norm), 3, points);
      assertThat(samples).extracting(AttackResult.Sample::outcome).containsOnly(Outcome.FELL);
      assertThat(samples)
          .extracting(AttackResult.Sample::distances)
          .allSatisfy(d -> assertThat(d.in(norm)).isPositive());
      assertThat(samples.get(0).distances().in(norm)).isBetween(0.1 * part, 0.1 * part * 1.012);
      assertThat(samples.get(1).distances().in(norm)).isBetween(0.3 * part, 0.3 * part * 1.012);
      assertThat(samples).allSatisfy(sample -> assertThat(sample.prediction()).isNotZero());
    }
  }
}
