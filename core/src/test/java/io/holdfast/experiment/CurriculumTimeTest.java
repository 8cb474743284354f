package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.threat.ThreatModel;
import io.holdfast.train.Curve;
import io.holdfast.train.Methods;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.TrainSettingsBuilder;
import io.holdfast.train.WeightPerturbation;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Ramp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class CurriculumTimeTest {
  private final List<CurriculumTime.Stage> timed = new ArrayList<>();

  private static TrainSettingsBuilder adversarial() {
    return TrainSettings.defaults().toBuilder().objective(new PgdAt());
  }

  /** Half a second for each pass back, and a tenth for each gradient of the adversary. */
  private double estimate(TrainSettings settings) {
    return estimate(settings, z -> 1);
  }

  private double estimate(TrainSettings settings, DoubleUnaryOperator area) {
    timed.clear();
    return CurriculumTime.mean(
        settings,
        ThreatModel.linf(0.1),
        area,
        stage -> {
          timed.add(stage);
          double beside = 0.5 * stage.kind().passes().backward() + stage.kind().passes().linear();
          return beside + 0.1 * stage.gradients() + (stage.kind().perturbed() ? 0.3 : 0);
        });
  }

  @Test
  void withoutACurriculumOneMeasurementIsAll() {
    TrainSettings level = adversarial().steps(Curve.constant(7)).build();
    assertThat(estimate(level)).isCloseTo(1.2, within(1e-12));
    assertThat(timed).extracting(CurriculumTime.Stage::steps).containsExactly(7);
  }

  /** A second pass, from some progress on. */
  @Test
  void perturbedWeightsCostMoreFromWhenTheyBegin() {
    TrainSettings level = adversarial().steps(Curve.constant(7)).build();
    for (double from : new double[] {0, 0.6, 1}) {
      Methods methods = level.methods().with(new WeightPerturbation.Awp(0.01, from));
      assertThat(estimate(level.toBuilder().methods(methods).build()))
          .isCloseTo(1.2 + (1 - from) * 0.3, within(1e-9));
      assertThat(timed).hasSize(from == 0.6 ? 2 : 1);
    }
  }

  @Test
  void moreStepsLaterAreCounted() {
    Curve steps = new Curve(List.of(new Curve.Point(0, 1), new Curve.Point(0.25, 9)), false);
    assertThat(estimate(adversarial().steps(steps).build()))
        .isCloseTo(0.5 + 0.1 * (0.25 * 1 + 0.75 * 9), within(1e-9));
    assertThat(timed).extracting(CurriculumTime.Stage::steps).containsExactly(9, 1);
  }

  /** A second term from halfway on, while the first one's adversary takes more and more steps. */
  @Test
  void termsThatBeginLaterAreCounted() {
    Curve late = new Curve(List.of(new Curve.Point(0, 0), new Curve.Point(0.5, 1)), false);
    Hybrid sum =
        new Hybrid(List.of(new Hybrid.Term(1, new PgdAt()), new Hybrid.Term(late, new Standard())));
    assertThat(estimate(adversarial().objective(sum).steps(Curve.ramp(0, 8, 1)).build()))
        .isCloseTo(0.5 + 0.5 * 0.5 + 0.1 * 4, within(1e-3));
    assertThat(timed).hasSize(4);
    assertThat(timed).anyMatch(s -> s.progress() < 0.5).anyMatch(s -> s.progress() > 0.5);
  }

  /** Of which the linear ones stop when the ball has its radius. */
  @Test
  void boundsThatBeginLaterAreCounted() {
    CrownIbp bounds = new CrownIbp(0.5, 0, new Ramp(0.1, 0.5));
    assertThat(estimate(adversarial().objective(bounds).build()))
        .isCloseTo(0.1 * 0.5 + 0.5 * (1.5 + 1) + 0.4 * 1.5, within(1e-9));
    assertThat(timed).hasSize(3);
  }

  @Test
  void fewerCleanSamplesLaterAreCounted() {
    TrainSettings mixed =
        adversarial().steps(Curve.constant(10)).cleanShare(Curve.ramp(1, 0, 0.5)).build();
    assertThat(estimate(mixed)).isCloseTo(0.5 + 0.1 * 10 * (0.5 * 0.5 + 0.5), within(1e-3));
  }

  @Test
  void withoutAnAdversaryACurriculumCostsNothing() {
    TrainSettings standard =
        adversarial().objective(new Standard()).steps(Curve.ramp(1, 9, 1)).build();
    estimate(standard);
    assertThat(timed).hasSize(1);
  }

  /** A quarter of the pixels is a quarter of the time, with and without an adversary. */
  @Test
  void smallerImagesCostLess() {
    DoubleUnaryOperator area = z -> z < 0.5 ? 0.25 : 1;
    Curve steps = new Curve(List.of(new Curve.Point(0, 1), new Curve.Point(0.5, 5)), false);
    assertThat(estimate(adversarial().steps(steps).build(), area))
        .isCloseTo(0.5 * 0.25 * 0.6 + 0.5 * 1.0, within(1e-9));
    TrainSettings standard = adversarial().objective(new Standard()).build();
    double whole = estimate(standard);
    assertThat(estimate(standard, area)).isCloseTo(whole * (0.5 * 0.25 + 0.5), within(1e-9));
  }
}
