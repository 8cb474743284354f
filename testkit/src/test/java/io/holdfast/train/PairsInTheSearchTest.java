package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Pairs.Kind;
import io.holdfast.train.WatchedObjective.Found;
import io.holdfast.train.objective.PgdAt;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which loss the search climbs for samples that were made of two. */
@ExtendWith(LeakCheck.class)
class PairsInTheSearchTest {
  private static final int D = 784;
  private static final int K = 10;
  private static final double STEP = 0.05; // half of the radius
  private static final double NOISE = 0.01; // more than the start's from the clean input
  private static final double FLAT = 1e-3; // slopes whose sign the start may change

  private static Graph linear() {
    GraphBuilder g = Graph.builder("linear");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("flatten", new Flatten());
    return g.output(g.add("out", Linear.of(K))).build();
  }

  /** The slope of the cross-entropy with a label of this share and another of the rest. */
  private static double[] slope(
      float[] w, float[] bias, float[] x, int label, int other, double share) {
    double[] p = new double[K];
    double sum = 0;
    for (int k = 0; k < K; k++) {
      double z = bias[k];
      for (int d = 0; d < D; d++) {
        z += w[k * D + d] * x[d];
      }
      p[k] = Math.exp(z);
      sum += p[k];
    }
    double[] slope = new double[D];
    for (int k = 0; k < K; k++) {
      double target = (k == label ? share : 0) + (k == other ? 1 - share : 0);
      for (int d = 0; d < D; d++) {
        slope[d] += (p[k] / sum - target) * w[k * D + d];
      }
    }
    return slope;
  }

  /** One step on a linear model, whose slope is known: no own label has all of its signs. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void pgdAtClimbsTheCrossEntropyOfBothLabelsByTheirShares(Kind kind) {
    WatchedObjective watched = new WatchedObjective(new PgdAt());
    Run run = new Run().with(r -> r.graph = linear()).with(r -> r.start = Start.CLEAN);
    run.steps = 1;
    run.fraction = STEP / Run.THREAT.epsilon();
    run.settings(
        s ->
            s.objective(watched)
                .epochs(1)
                .batch(96)
                .steps(Curve.constant(1))
                .methods(Methods.NONE.with(new Pairs(kind, 1))));
    float[] w;
    float[] bias;
    try (Network start = run.network()) {
      w = start.weight("out.weight").toFloats(); // [K, D]
      bias = start.weight("out.bias").toFloats(); // [K]
    }
    run.go();
    assertThat(watched.found()).hasSize(96);
    int seen = 0;
    int unlike = 0;
    for (Found one : watched.found()) {
      double[] both = slope(w, bias, one.clean(), one.label(), one.other(), one.share());
      double[] own = slope(w, bias, one.clean(), one.label(), one.label(), 1);
      for (int d = 0; d < D; d++) {
        float x = one.clean()[d];
        if (Math.abs(both[d]) > FLAT && x > STEP + NOISE && x < 1 - STEP - NOISE) {
          double moved = one.adversarial()[d] - x;
          assertThat(moved - STEP * Math.signum(both[d])).isBetween(-NOISE, NOISE);
          seen++;
          unlike += both[d] * own[d] < 0 ? 1 : 0;
        }
      }
    }
    assertThat(seen).isGreaterThan(5000);
    assertThat(unlike).as("where the own label would lead elsewhere").isGreaterThan(500);
  }
}
