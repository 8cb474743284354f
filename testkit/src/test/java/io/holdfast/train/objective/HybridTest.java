package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.Reference;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Curve;
import io.holdfast.train.objective.Hybrid.Term;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sums whose weights change with progress. */
@ExtendWith(LeakCheck.class)
class HybridTest {
  private static final Curve LATER = stages(0, 0, 0.4, 2);

  private static Curve stages(double... numbers) {
    return new Curve(
        List.of(new Curve.Point(numbers[0], numbers[1]), new Curve.Point(numbers[2], numbers[3])),
        false);
  }

  private static Hybrid sum(Curve ofStandard, Curve ofPgdAt) {
    return new Hybrid(
        List.of(new Term(ofStandard, new Standard()), new Term(ofPgdAt, new PgdAt())));
  }

  /** Counts what is asked. */
  private static final class Asked extends ForwardingShard {
    private int passes;
    private int searches;

    Asked(ShardContext shard) {
      super(shard);
    }

    @Override
    public Tensor logits(Tensor x) {
      passes++;
      return super.logits(x);
    }

    @Override
    public Tensor adversarial(Search search, Reference reference) {
      searches++;
      return super.adversarial(search, reference);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Seen(double[] losses, int passes, int searches) {}

  private static Seen at(double progress, Objective hybrid) {
    try (Scope scope = Scope.open()) {
      TwinCase c = TwinCase.random(2);
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
      Asked shard = new Asked(new TwinShard(c, a, b, progress, TwinShard.THREAT, false));
      double[] losses = hybrid.loss(shard).perSample().toDoubles();
      return new Seen(losses, shard.passes, shard.searches);
    }
  }

  private static double[] expected(double ofStandard, double ofPgdAt) {
    TwinCase c = TwinCase.random(2);
    double[] losses = new double[TwinCase.N];
    for (int i = 0; i < losses.length; i++) {
      losses[i] =
          ofStandard * c.crossEntropy(c.zClean(i), i) + ofPgdAt * c.crossEntropy(c.zWorst(i), i);
    }
    return losses;
  }

  @Test
  void weightsAreThoseOfTheMoment() {
    Hybrid ramps = sum(Curve.ramp(1, 0.2, 0.8), Curve.ramp(0, 3, 0.5));
    double[][] table = {{0, 1, 0}, {0.2, 0.8, 1.2}, {0.4, 0.6, 2.4}, {0.5, 0.5, 3}, {0.9, 0.2, 3}};
    for (double[] row : table) {
      assertThat(at(row[0], ramps).losses())
          .as("progress " + row[0])
          .containsExactly(expected(row[1], row[2]), within(1e-6));
    }
    Hybrid steps = sum(Curve.constant(0.5), LATER);
    assertThat(at(0.39, steps).losses()).containsExactly(expected(0.5, 0), within(1e-6));
    assertThat(at(0.4, steps).losses()).containsExactly(expected(0.5, 2), within(1e-6));
  }

  @Test
  void aTermCostsNothingWhileItsWeightIsZero() {
    Hybrid later = sum(Curve.constant(0.5), LATER);
    assertThat(at(0.3, later)).extracting(Seen::passes, Seen::searches).containsExactly(1, 0);
    assertThat(at(0.5, later)).extracting(Seen::passes, Seen::searches).containsExactly(2, 1);
    assertThat(later.passes(1, 0.3)).isEqualTo(Passes.CLEAN);
    assertThat(later.passes(1, 0.5)).isEqualTo(Passes.of(2, 2).searching(1));
    assertThat(later.passes()).as("at its dearest").isEqualTo(Passes.of(2, 2).searching(1));
    Hybrid never = sum(Curve.constant(0.5), Curve.constant(0));
    assertThat(never.passes()).isEqualTo(Passes.CLEAN);
    assertThat(at(0.5, never)).extracting(Seen::passes, Seen::searches).containsExactly(1, 0);
  }

  @Test
  void itCanBeHeldAtOneMoment() {
    Hybrid later = sum(Curve.constant(0.5), LATER);
    for (double moment : new double[] {0.3, 0.5}) {
      Objective held = new AtProgress(later, moment);
      Seen seen = at(0.9, held);
      assertThat(seen).usingRecursiveComparison().isEqualTo(at(moment, later));
      assertThat(held.passes(1, 0.9)).isEqualTo(later.passes(1, moment));
      assertThat(held.repeated(1, 0.9)).isEqualTo(later.repeated(1, moment));
    }
  }

  @Test
  void someTermCountsAtEveryMoment() {
    Curve before = stages(0, 1, 0.4, 0);
    assertThat(sum(before, LATER).terms()).hasSize(2);
    assertThat(sum(Curve.ramp(1, 0, 1), Curve.constant(0)).terms()).as("0 at the end").hasSize(2);
    assertThatThrownBy(() -> sum(stages(0, 1, 0.3, 0), LATER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at progress 0.3,");
    assertThatThrownBy(() -> sum(Curve.ramp(0, 1, 1), Curve.constant(0)))
        .hasMessageContaining("at progress 0.0,");
    assertThatThrownBy(() -> sum(Curve.ramp(1, 0, 0.5), Curve.ramp(1, 0, 0.7)))
        .hasMessageContaining("at progress 0.7,");
    assertThatThrownBy(() -> new Hybrid(List.of())).hasMessageContaining("progress 0.0");
    assertThatThrownBy(() -> new Term(Curve.ramp(0, -1, 1), new Standard()))
        .hasMessageContaining("found -1.0");
    assertThatThrownBy(() -> new Term(Double.NaN, new Standard())).hasMessageContaining("NaN");
  }

  private static Objective read(Settings settings) {
    Problems problems = new Problems("t.yaml");
    SettingsReader reader = settings.reader(problems);
    Objective objective = Objectives.read(reader, "objective", "pgd-at");
    reader.finish();
    problems.throwIfAny();
    return objective;
  }

  private static Objective read(Object ofStandard, Object ofPgdAt) {
    return read(
        Settings.of(
            Map.of(
                "objective",
                Map.of(
                    "name",
                    "hybrid",
                    "terms",
                    List.of(
                        Map.of("name", "standard", "weight", ofStandard),
                        Map.of("name", "pgd-at", "weight", ofPgdAt))))));
  }

  private static Object setting(Curve curve) {
    return Objects.requireNonNull(Settings.yaml("weight: " + curve, "x").toMap().get("weight"));
  }

  @Test
  void weightsAreReadAsOtherCurvesAre() {
    for (Curve curve : List.of(Curve.constant(0.3), Curve.ramp(0.25, 3, 0.5), LATER)) {
      assertThat(read(setting(curve), 1)).isEqualTo(sum(curve, Curve.constant(1)));
    }
    assertThatThrownBy(() -> read(Map.of("from", -1, "to", 2), 1))
        .hasMessageContaining("objective.terms[0].weight.from");
    assertThatThrownBy(() -> read(Map.of("from", 1, "to", 2, "untill", 0.5), 1))
        .hasMessageContaining("untill");
    assertThatThrownBy(() -> read(setting(LATER), 0))
        .hasMessageContaining("a term of a weight above 0 at every moment")
        .hasMessageContaining("none at progress 0.0");
  }

  /** What makes runs equal: a plain weight is written as it was before weights could change. */
  @Test
  void theTextTellsTheWeights() {
    assertThat(sum(Curve.constant(0.5), Curve.constant(1)))
        .hasToString(
            "Hybrid[terms=[Term[weight=0.5, objective=Standard[]],"
                + " Term[weight=1.0, objective=PgdAt[]]]]");
    assertThat(sum(Curve.constant(1), Curve.ramp(0, 1, 0.5)).toString())
        .isNotEqualTo(sum(Curve.constant(1), Curve.ramp(0, 1, 0.6)).toString());
  }
}
