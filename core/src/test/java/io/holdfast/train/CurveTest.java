package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class CurveTest {
  private static Curve read(String yaml) {
    Problems problems = new Problems("test.yaml");
    SettingsReader reader = Settings.yaml(yaml, "test.yaml").reader(problems);
    Curve curve = Curve.read(reader, "epsilon", Curve.constant(1), 0, 1);
    reader.finish();
    problems.throwIfAny();
    return curve;
  }

  @Test
  void rampsAreLinearAndThenLevel() {
    Curve ramp = read("epsilon: {from: 0.02, to: 0.1, until: 0.2}");
    assertThat(ramp.at(0)).isEqualTo(0.02);
    assertThat(ramp.at(0.1)).isCloseTo(0.06, within(1e-12));
    assertThat(ramp.at(0.2)).isEqualTo(0.1);
    assertThat(ramp.at(1)).isEqualTo(0.1);
    assertThat(ramp.maximum()).isEqualTo(0.1);
  }

  /** So that n pixels of n stay n. */
  @Test
  void aNumberInPartsOfItselfIsOne() {
    for (int n = 1; n < 1000; n++) {
      assertThat(Curve.constant(n).dividedBy(n).at(0.5)).isEqualTo(1);
    }
    assertThat(Curve.ramp(1, 4, 0.5).dividedBy(4).at(0.25)).isEqualTo(0.625);
  }

  @Test
  void curvesThatCrossAreNotBelowEachOther() {
    Curve half = Curve.constant(0.5);
    Curve falling = Curve.ramp(1, 0.4, 1);
    Curve jumping = read("epsilon: {stages: [{at: 0, value: 0.9}, {at: 0.5, value: 0.6}]}");
    assertThat(half.isBelow(Curve.ramp(1, 0.6, 0.2))).isTrue();
    assertThat(half.isBelow(falling)).isFalse();
    assertThat(falling.isBelow(half)).isFalse();
    assertThat(half.isBelow(half)).isFalse();
    assertThat(half.isBelow(jumping)).isTrue();
    assertThat(Curve.ramp(0, 0.7, 0.5).isBelow(jumping)).isFalse();
    assertThat(Curve.ramp(0.5, 0.95, 0.5).isBelow(jumping)).isFalse();
  }

  /** Fingerprints and provenance go by it. */
  @Test
  void itsTextIsReadAsTheSameCurve() {
    Curve stages = read("epsilon: {stages: [{at: 0, value: 0.9}, {at: 0.5, value: 0.6}]}");
    for (Curve curve : List.of(Curve.constant(0.25), Curve.ramp(0.02, 0.1, 0.2), stages)) {
      assertThat(read("epsilon: " + curve)).isEqualTo(curve);
    }
  }

  /** And nothing that follows from it. */
  @Test
  void aWrongStageIsOneProblem() {
    for (String stages :
        List.of(
            "[{at: 0.1, value: 0.1}]",
            "[{at: 0, value: 0.1}, {at: 2, value: 0.4}]",
            "[{at: 0, value: 0.1}, {at: 0.5, value: 0.4}, {at: 0.5, value: 0.3}]")) {
      assertThatThrownBy(() -> read("epsilon: {stages: " + stages + "}"))
          .isInstanceOfSatisfying(
              InvalidInputException.class, e -> assertThat(e.problems()).hasSize(1))
          .hasMessageContaining("].at: expected");
    }
  }

  @Test
  void stagesHoldTheirValue() {
    Curve stages = read("epsilon: {stages: [{at: 0, value: 0.1}, {at: 0.5, value: 0.4}]}");
    assertThat(stages.at(0.49)).isEqualTo(0.1);
    assertThat(stages.at(0.5)).isEqualTo(0.4);
  }

  @Test
  void problemsAreReportedTogether() {
    assertThatThrownBy(() -> read("epsilon: {from: 2, to: -1, untl: 0.5}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("epsilon.from")
        .hasMessageContaining("epsilon.to")
        .hasMessageContaining("untl")
        .hasMessageContaining("until");
    assertThatThrownBy(() -> read("epsilon: {stages: [{at: 0, value: 0.1}, {at: 0, value: 0.2}]}"))
        .hasMessageContaining("more than the stage before");
  }

  @Test
  void schedulesFollowTheirFormulas() {
    Schedule cyclic = Schedule.cyclic();
    assertThat(cyclic.at(0)).isZero();
    assertThat(cyclic.at(0.15)).isCloseTo(0.5, within(1e-12));
    assertThat(cyclic.at(0.3)).isEqualTo(1);
    assertThat(cyclic.at(0.65)).isCloseTo(0.5, within(1e-12));
    assertThat(cyclic.at(1)).isZero();
    assertThat(Schedule.cosine().at(0.5)).isCloseTo(0.5, within(1e-12));
    Schedule steps = new Schedule(Schedule.Shape.PIECEWISE, 0, List.of(0.5, 0.75), 0.1);
    assertThat(steps.at(0.4)).isEqualTo(1);
    assertThat(steps.at(0.8)).isCloseTo(0.01, within(1e-12));
  }
}
