package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.one;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Additive;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.adversarial.Msd;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Multi steepest descent against Maini et al. 2020, algorithm 1, in plain loops. */
@ExtendWith(LeakCheck.class)
class MsdTest {
  private static final ThreatModel UNION =
      ThreatModel.union(TwinShard.THREAT, ThreatModel.l2(0.35));
  private static final List<Additive> BALLS =
      UNION.members().stream().map(m -> (Additive) m.set()).toList();
  private static final int STEPS = 8;
  private static final List<Double> FRACTIONS = List.of(0.3, 0.4);

  /** What the search finds, {@code [N, IN]}. */
  private static double[] found(TwinCase c, Start start) {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
      Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
      TwinShard twin = new TwinShard(c, a, b, 0.9, UNION, false);
      OpenShard shard = OpenShard.of(twin, new InnerMaximiser(STEPS, FRACTIONS, start));
      new Msd().loss(shard);
      return shard.found().get(0);
    }
  }

  private static ToDoubleFunction<double[]> loss(TwinCase c, int i) {
    return x -> SearchCases.ce(c, x, i);
  }

  /**
   * From the clean input, whatever the experiment's search begins with, each step is tried in every
   * ball; the try of the highest loss is taken.
   */
  private static double[] slow(TwinCase c, int i, int[] taken) {
    double[] clean = one(c.clean(), i);
    double[] x = clean;
    for (int k = 0; k < STEPS; k++) {
      double[] slope = TwinAscent.slope(loss(c, i), x);
      double[] first = TwinAscent.step(BALLS.get(0), clean, x, slope, FRACTIONS.get(0));
      double[] second = TwinAscent.step(BALLS.get(1), clean, x, slope, FRACTIONS.get(1));
      boolean higher = SearchCases.ce(c, second, i) > SearchCases.ce(c, first, i);
      x = higher ? second : first;
      taken[higher ? 1 : 0]++;
    }
    return x;
  }

  @Test
  void theSearchEqualsTheSlowTwin() {
    int[] taken = new int[2];
    for (long seed = 0; seed < 20; seed++) {
      TwinCase c = TwinCase.random(seed);
      double[] found = found(c, Start.UNIFORM);
      for (int i = 0; i < N; i++) {
        assertThat(one(found, i))
            .as("sample %d of case %d", i, seed)
            .containsExactly(slow(c, i, taken), within(1e-6));
      }
    }
    assertThat(taken[0]).as("steps in the first ball").isGreaterThan(STEPS);
    assertThat(taken[1]).as("steps in the second ball").isGreaterThan(STEPS);
  }

  @Test
  void onMostSamplesItEndsNoLowerThanEitherBallsOwnSearch() {
    int higher = 0;
    int all = 0;
    for (long seed = 0; seed < 40; seed++) {
      TwinCase c = TwinCase.random(seed);
      double[] found = found(c, Start.CLEAN);
      for (int i = 0; i < N; i++) {
        double best = Math.max(single(c, i, 0), single(c, i, 1));
        higher += SearchCases.ce(c, one(found, i), i) >= best - 1e-9 ? 1 : 0;
        all++;
      }
    }
    assertThat((double) higher / all).isGreaterThan(0.7);
  }

  /** Where the search in one ball ends. */
  private static double single(TwinCase c, int i, int ball) {
    double[] clean = one(c.clean(), i);
    double[] end =
        TwinAscent.climb(loss(c, i), BALLS.get(ball), clean, clean, STEPS, FRACTIONS.get(ball));
    return SearchCases.ce(c, end, i);
  }
}
