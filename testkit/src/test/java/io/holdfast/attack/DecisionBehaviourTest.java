package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.blackbox.decision.Blend;
import io.holdfast.attack.blackbox.decision.Boundary;
import io.holdfast.attack.blackbox.decision.DecisionAttack;
import io.holdfast.attack.blackbox.decision.GeoDa;
import io.holdfast.attack.blackbox.decision.HopSkipJump;
import io.holdfast.attack.blackbox.decision.Pointwise;
import io.holdfast.attack.blackbox.decision.RayS;
import io.holdfast.attack.blackbox.decision.SignOpt;
import io.holdfast.attack.blackbox.decision.Start;
import io.holdfast.attack.blackbox.decision.SurFree;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the papers say of their attacks, on a small trained convolutional network. */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DecisionBehaviourTest {
  private static final int POINTS = 32;

  private final TinyCnn model = TinyCnn.trained(new Seed(11));
  private final KitData data = KitData.draw(new Seed(21), POINTS);

  @AfterAll
  void release() {
    model.close();
  }

  private List<Sample> run(Attack attack, ThreatModel threat) {
    try (Scope scope = Scope.open();
        Workers workers = Workers.of(1)) {
      Tensor x = data.inputs();
      return new AttackDriver(model, threat.knowing(Knowledge.DECISION), workers)
          .run(attack, x, data.labels(), data.ids(), new Seed(4)).samples().stream()
              .filter(s -> s.outcome() != Outcome.SKIPPED_WRONG)
              .toList();
    }
  }

  /** The median of the distances found; a sample without any counts as infinitely far. */
  private double median(DecisionAttack<?> attack, Norm norm) {
    double[] found =
        run(attack, ThreatModel.smallest(norm)).stream()
            .mapToDouble(
                s ->
                    s.outcome() == Outcome.FELL ? s.distances().in(norm) : Double.POSITIVE_INFINITY)
            .sorted()
            .toArray();
    assertThat(found.length).isGreaterThan(POINTS / 2);
    return found[found.length / 2];
  }

  private void falls(DecisionAttack<?> attack, Norm norm, int few, int many) {
    double before = median(attack.queries(few), norm);
    double after = median(attack.queries(many), norm);
    assertThat(after).as(attack.key()).isLessThan(0.95 * before);
  }

  @Test
  void distancesFallWithQueries() {
    falls(Boundary.standard(1), Norm.L2, 200, 1000);
    falls(HopSkipJump.standard(1), Norm.L2, 150, 800);
    falls(HopSkipJump.standard(1), Norm.LINF, 150, 800);
    falls(GeoDa.standard(1), Norm.L2, 60, 800);
    falls(SignOpt.standard(SignOpt.Kind.SIGN, 1), Norm.L2, 200, 1000);
    falls(SignOpt.standard(SignOpt.Kind.VALUE, 1), Norm.L2, 200, 1000);
    falls(SurFree.standard(1), Norm.L2, 60, 600);
    falls(RayS.standard(1), Norm.LINF, 40, 400);
    falls(Pointwise.standard(1), Norm.L0, 40, 400);
    falls(Blend.of(Start.UNIFORM, 1), Norm.L2, 15, 400);
  }

  /** Chen et al. 2020, section IV.B; Maho et al. 2021, section 6, for few queries. */
  @Test
  void estimatedNormalsBeatTheRandomWalk() {
    for (int queries : new int[] {300, 1000}) {
      double walk = median(Boundary.standard(queries), Norm.L2);
      double jump = median(HopSkipJump.standard(queries), Norm.L2);
      double free = median(SurFree.standard(queries), Norm.L2);
      assertThat(jump).as("hopskipjump at %d", queries).isLessThan(walk);
      assertThat(free).as("surfree at %d", queries).isLessThan(walk);
    }
  }

  /** Chen and Gu 2020, section 5: at one share of successes, fewer queries. */
  @Test
  void raysNeedsFewerQueriesThanHopSkipJump() {
    ThreatModel threat = ThreatModel.linf(0.15);
    long[] rays = spent(RayS.standard(1500), threat);
    long[] jumps = spent(HopSkipJump.standard(1500), threat);
    int half = rays.length / 2;
    assertThat(rays[half]).isLessThan(jumps[half]);
    assertThat(Arrays.stream(rays).filter(q -> q <= 300).count())
        .as("fallen after 300 queries")
        .isGreaterThanOrEqualTo(Arrays.stream(jumps).filter(q -> q <= 300).count());
  }

  /** Queries until the samples fell, ascending; those that held last. */
  private long[] spent(Attack attack, ThreatModel threat) {
    return run(attack, threat).stream()
        .mapToLong(s -> s.outcome() == Outcome.FELL ? s.queries() : Long.MAX_VALUE)
        .sorted()
        .toArray();
  }

  /** Schott et al. 2019, section 4: it changes fewest values of all. */
  @Test
  void pointwiseChangesFewestValues() {
    double few = median(Pointwise.standard(1000), Norm.L0);
    double noise = median(Blend.of(Start.SALT_AND_PEPPER, 1000), Norm.L0);
    assertThat(few).as("beside the least noise, %s", noise).isLessThanOrEqualTo(noise);
    for (DecisionAttack<?> dense :
        List.of(
            Boundary.standard(600),
            HopSkipJump.standard(600),
            GeoDa.standard(600),
            SignOpt.standard(SignOpt.Kind.SIGN, 600),
            SurFree.standard(600))) {
      double[] values =
          run(dense, ThreatModel.smallest(Norm.L2)).stream()
              .mapToDouble(s -> s.distances().l0())
              .sorted()
              .toArray();
      assertThat(few).as(dense.name()).isLessThan(values[values.length / 2] / 4);
    }
  }
}
