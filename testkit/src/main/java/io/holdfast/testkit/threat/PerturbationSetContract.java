package io.holdfast.testkit.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Domain;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every perturbation set and its regions keep, over a few random inputs, judged by the set's
 * own check in double. A test class extends this and gives one row per set. Of a union each member
 * has a region, and the union judges.
 */
@ExtendWith(LeakCheck.class)
public abstract class PerturbationSetContract {
  private static final Seed SEED = new Seed(23);
  private static final int N = 6;
  private static final double CLOSE = 1e-5;

  /** The sets under the contract. */
  protected abstract Stream<SetRow> rows();

  @TestFactory
  Stream<DynamicNode> contract() {
    return rows().map(PerturbationSetContract::tests);
  }

  private static DynamicContainer tests(SetRow row) {
    return dynamicContainer(
        row.set().key(),
        Stream.of(
            over(row, "the origin is the clean input", Case::originIsClean),
            over(row, "a random start is inside", Case::startIsInside),
            over(row, "a start depends on its own seed alone", Case::startsAreTheirOwn),
            over(row, "a projection lands inside", Case::projectionLandsInside),
            over(row, "the projection of a point inside is itself", Case::insideStays),
            over(row, "steps stay inside", Case::stepsStayInside),
            over(row, "scaled to nothing it is the point", Case::scaledToNothing),
            over(row, "the check in double refuses", Case::refuses),
            dynamicTest("a file of it is read back", () -> isReadBack(row))));
  }

  private static DynamicTest over(SetRow row, String what, Consumer<Case> test) {
    return dynamicTest(
        what,
        () -> {
          for (PerturbationSet member : row.set().members()) {
            try (Scope scope = Scope.open()) {
              Tensor clean = row.draw(N, SEED.split("clean"));
              float[] before = clean.toFloats();
              test.accept(new Case(row, member, clean, member.around(clean, row.domain())));
              assertThat(clean.toFloats()).as("clean inputs are left alone").isEqualTo(before);
            }
          }
        });
  }

  private static void isReadBack(SetRow row) {
    Domain domain = row.domain();
    ThreatModel threat = ThreatModel.of(row.set()).within(domain.low(), domain.high());
    Problems problems = new Problems("kit");
    ThreatModel read = ThreatModel.read(threat.toSettings().reader(problems));
    problems.throwIfAny();
    assertThat(read).isEqualTo(threat);
  }

  private static List<Seed> seeds(String purpose) {
    return LongStream.range(0, N).mapToObj(SEED.split(purpose)::split).toList();
  }

  /** One member of a row's set around clean inputs {@code [N, ...]}. */
  private record Case(SetRow row, PerturbationSet member, Tensor clean, Region region) {
    private boolean admits(double[] other, double[] variables, int i) {
      double[] from = clean.select(0, i).toDoubles();
      return row.set().contains(from, other, row.sample(), variables, row.domain());
    }

    private void allInside(Tensor variables) {
      Tensor inputs = region.apply(variables);
      for (int i = 0; i < N; i++) {
        double[] made = variables.select(0, i).toDoubles();
        assertThat(admits(inputs.select(0, i).toDoubles(), made, i)).as("row %d", i).isTrue();
      }
    }

    /** Variables far outside. */
    private Tensor far(int draw) {
      Tensor origin = region.origin();
      return Rng.of(SEED.split("far").split(draw)).normal(origin.shape()).mul(5).add(origin);
    }

    /** A random start, or where there is none, without a limit, what a projection gives. */
    private Tensor start() {
      if (Double.isFinite(member.epsilon())) {
        return region.randomStart(seeds("start"));
      }
      Tensor variables = far(9);
      region.project(variables);
      return variables;
    }

    private static double apart(Tensor a, Tensor b) {
      return a.sub(b).abs().max().item();
    }

    void originIsClean() {
      allInside(region.origin());
      assertThat(apart(region.apply(region.origin()), region.clean())).isLessThan(CLOSE);
    }

    void startIsInside() {
      Tensor start = start();
      allInside(start);
      assertThat(apart(region.apply(start), clean)).as("it moves").isGreaterThan(0);
    }

    void startsAreTheirOwn() {
      if (Double.isInfinite(member.epsilon())) {
        assertThatThrownBy(() -> region.randomStart(seeds("start")))
            .isInstanceOf(UnsupportedOperationException.class);
        return;
      }
      Tensor all = region.randomStart(seeds("start"));
      Region alone = member.around(clean.slice(0, 2, 3).clone(), row.domain());
      Tensor one = alone.randomStart(seeds("start").subList(2, 3));
      assertThat(one.toDoubles()).containsExactly(all.select(0, 2).toDoubles());
      Tensor others = region.randomStart(seeds("others"));
      assertThat(others.toDoubles()).isNotEqualTo(all.toDoubles());
    }

    void projectionLandsInside() {
      for (int draw = 0; draw < 5; draw++) {
        Tensor variables = far(draw);
        region.project(variables);
        allInside(variables);
      }
    }

    void insideStays() {
      Tensor projected = far(0);
      region.project(projected);
      for (Tensor inside : List.of(region.origin(), start(), projected)) {
        Tensor again = inside.clone();
        region.project(again);
        assertThat(apart(again, inside)).isLessThan(CLOSE);
      }
    }

    void stepsStayInside() {
      Tensor variables = start();
      Tensor slope = Rng.of(SEED.split("slope")).normal(clean.shape());
      if (!member.differentiable() || Double.isInfinite(member.epsilon())) {
        assertThatThrownBy(() -> region.step(variables, slope, 0.4))
            .isInstanceOf(UnsupportedOperationException.class);
        return;
      }
      for (int k = 0; k < 5; k++) {
        region.step(variables, region.pullBack(variables, slope), 0.4);
        allInside(variables);
      }
    }

    /** But for sets without limit, which have no size. */
    void scaledToNothing() {
      if (Double.isInfinite(member.epsilon())) {
        return;
      }
      Region point = member.scaled(0).around(clean, row.domain());
      Tensor start = point.randomStart(seeds("start"));
      assertThat(apart(point.apply(start), clean)).isLessThan(CLOSE);
      Tensor projected = far(0);
      point.project(projected);
      assertThat(apart(point.apply(projected), clean)).isLessThan(CLOSE);
    }

    /** NaN, what leaves the domain, another length, and what needs a larger set. */
    void refuses() {
      Tensor variables = start();
      double[] made = variables.select(0, 0).toDoubles();
      double[] good = region.apply(variables).select(0, 0).toDoubles();
      boolean same = made.length == good.length; // else the variables are parameters
      for (double bad : new double[] {Double.NaN, row.domain().high() + 0.01}) {
        double[] broken = good.clone();
        broken[0] = bad;
        assertThat(admits(broken, same ? broken : made, 0)).as("%s", bad).isFalse();
      }
      assertThat(admits(new double[good.length + 1], made, 0)).as("too long").isFalse();
      if (Double.isFinite(member.epsilon())) {
        PerturbationSet none = member.scaled(0);
        double[] from = clean.select(0, 0).toDoubles();
        assertThat(none.contains(from, good, row.sample(), made, row.domain()))
            .as("admitted by a set of size 0")
            .isFalse();
      }
    }
  }
}
