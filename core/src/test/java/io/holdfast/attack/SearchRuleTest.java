package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule.Friendly;
import io.holdfast.attack.SearchRule.MultiGrad;
import io.holdfast.attack.SearchRule.Noisy;
import io.holdfast.attack.SearchRule.ZeroGrad;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The searches of training against slow twins in plain doubles. */
class SearchRuleTest {
  private static final int N = 6;
  private static final int D = 12;
  private static final int HIDDEN = 7;
  private static final int K = 3;
  private static final double EPSILON = 0.1;
  private static final ThreatModel THREAT = ThreatModel.linf(EPSILON);
  private static final List<Seed> SEEDS =
      IntStream.range(0, N).mapToObj(i -> new Seed(5).split(i)).toList();

  /** A random network of one hidden layer and inputs, also as plain numbers. */
  private static final class Kit implements AutoCloseable {
    private final Scope scope = Scope.open();
    private final Network network;
    private final InputGradients tape;
    private final double[] a; // [HIDDEN, D]
    private final double[] p; // [HIDDEN]
    private final double[] b; // [K, HIDDEN]
    private final double[] q; // [K]
    private final Tensor x; // [N, D]
    private final long[] labels;

    Kit(long seed) {
      GraphBuilder g = Graph.builder("net");
      g.input("input", TensorType.floats(D));
      g.add("a", Linear.of(HIDDEN));
      g.add("tanh", new Tanh());
      Graph graph = g.output(g.add("b", Linear.of(K))).build();
      network = Network.initialise(graph, Initialisation.PYTORCH, new Seed(seed));
      network.weight("a.weight").mulInPlace(3);
      network.weight("b.weight").mulInPlace(3);
      tape = new TapeGradients(network.classifier(), Precision.FLOAT32);
      a = network.weight("a.weight").toDoubles();
      p = network.weight("a.bias").toDoubles();
      b = network.weight("b.weight").toDoubles();
      q = network.weight("b.bias").toDoubles();
      x = Rng.of(new Seed(seed).split("x")).uniform(0, 1, N, D);
      labels = LongStream.range(0, N).map(i -> i % K).toArray();
    }

    Reference reference() {
      return Reference.labels(Tensors.of(labels, N));
    }

    float[] found(InnerMaximiser search) {
      return search.maximise(tape, Losses.CE, THREAT, x, reference(), SEEDS).toFloats();
    }

    private double[] hidden(double[] input) {
      double[] h = new double[HIDDEN];
      for (int j = 0; j < HIDDEN; j++) {
        double s = p[j];
        for (int i = 0; i < D; i++) {
          s += a[j * D + i] * input[i];
        }
        h[j] = Math.tanh(s);
      }
      return h;
    }

    double[] logits(double[] input) {
      double[] h = hidden(input);
      double[] z = q.clone();
      for (int k = 0; k < K; k++) {
        for (int j = 0; j < HIDDEN; j++) {
          z[k] += b[k * HIDDEN + j] * h[j];
        }
      }
      return z;
    }

    int predicted(double[] input) {
      double[] z = logits(input);
      return IntStream.range(0, K).reduce(0, (l, k) -> z[k] > z[l] ? k : l);
    }

    /** The gradient of cross-entropy with respect to one input. */
    double[] gradient(double[] input, int row) {
      double[] h = hidden(input);
      double[] z = logits(input);
      double sum = Arrays.stream(z).map(Math::exp).sum();
      double[] g = new double[D];
      for (int k = 0; k < K; k++) {
        double d = Math.exp(z[k]) / sum - (k == labels[row] ? 1 : 0);
        for (int j = 0; j < HIDDEN; j++) {
          for (int i = 0; i < D; i++) {
            g[i] += d * b[k * HIDDEN + j] * (1 - h[j] * h[j]) * a[j * D + i];
          }
        }
      }
      return g;
    }

    double[] clean(int row) {
      return x.select(0, row).toDoubles();
    }

    /** What a search starts at. */
    double[] uniform(double epsilon, int row, Seed seed) {
      return ThreatModel.linf(epsilon)
          .around(x.slice(0, row, row + 1))
          .randomStart(List.of(seed))
          .toDoubles();
    }

    @Override
    public void close() {
      tape.close();
      network.close();
      scope.close();
    }
  }

  private static double clip(double value, double low, double high) {
    return Math.max(low, Math.min(high, value));
  }

  private static void requireEqual(float[] found, int row, double[] expected) {
    for (int i = 0; i < D; i++) {
      assertThat((double) found[row * D + i])
          .as("row %d component %d", row, i)
          .isCloseTo(expected[i], within(2e-6));
    }
  }

  @Test
  void noisyFgsmIsNotProjectedOntoTheSet() {
    for (long seed = 0; seed < 5; seed++) {
      try (Kit kit = new Kit(seed)) {
        float[] found = kit.found(new InnerMaximiser(1, 1, Start.UNIFORM).by(new Noisy(2)));
        double most = 0;
        for (int row = 0; row < N; row++) {
          double[] start = kit.uniform(2 * EPSILON, row, SEEDS.get(row));
          double[] g = kit.gradient(start, row);
          double[] expected = new double[D];
          for (int i = 0; i < D; i++) {
            expected[i] = clip(start[i] + EPSILON * Math.signum(g[i]), 0, 1);
            most = Math.max(most, Math.abs(expected[i] - kit.clean(row)[i]));
          }
          requireEqual(found, row, expected);
        }
        assertThat(most).as("outside of the ball").isBetween(1.5 * EPSILON, 3 * EPSILON);
      }
    }
  }

  @Test
  void withoutNoiseItIsFgsm() {
    try (Kit kit = new Kit(3)) {
      float[] fgsm = kit.found(new InnerMaximiser(1, 1, Start.CLEAN));
      assertThat(kit.found(new InnerMaximiser(1, 1, Start.UNIFORM).by(new Noisy(0))))
          .usingComparatorWithPrecision(1e-6f)
          .containsExactly(fgsm);
    }
  }

  @Test
  void ofSizeZeroNothingIsAdded() {
    try (Kit kit = new Kit(3)) {
      InnerMaximiser search = new InnerMaximiser(1, 1, Start.UNIFORM).by(new Noisy(2));
      Tensor found =
          search.maximise(kit.tape, Losses.CE, ThreatModel.linf(0), kit.x, kit.reference(), SEEDS);
      assertThat(found.sameAs(kit.x)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.35, 0.9})
  void zeroGradPassesOverSmallComponents(double quantile) {
    for (long seed = 0; seed < 5; seed++) {
      try (Kit kit = new Kit(seed)) {
        float[] found =
            kit.found(new InnerMaximiser(1, 2, Start.UNIFORM).by(new ZeroGrad(quantile)));
        for (int row = 0; row < N; row++) {
          double[] start = kit.uniform(EPSILON, row, SEEDS.get(row));
          double[] g = kit.gradient(start, row);
          double[] sizes = Arrays.stream(g).map(Math::abs).sorted().toArray();
          double place = quantile * (D - 1);
          int below = (int) place;
          double high = sizes[Math.min(below + 1, D - 1)];
          double bound = sizes[below] + (high - sizes[below]) * (place - below);
          double[] clean = kit.clean(row);
          double[] expected = start.clone();
          for (int i = 0; i < D; i++) {
            if (Math.abs(g[i]) >= bound) {
              double moved = start[i] + 2 * EPSILON * Math.signum(g[i]);
              expected[i] = clip(clip(moved, clean[i] - EPSILON, clean[i] + EPSILON), 0, 1);
            }
          }
          requireEqual(found, row, expected);
        }
      }
    }
  }

  @Test
  void zeroGradOfNothingIsThePlainSearch() {
    try (Kit kit = new Kit(1)) {
      InnerMaximiser plain = new InnerMaximiser(3, 0.5, Start.UNIFORM);
      assertThat(kit.found(plain.by(new ZeroGrad(0)))).isEqualTo(kit.found(plain));
    }
  }

  @Test
  void multiGradGoesWhereAllPointsAgree() {
    int agreed = 0;
    int all = 0;
    for (long seed = 0; seed < 8; seed++) {
      try (Kit kit = new Kit(seed)) {
        float[] found = kit.found(new InnerMaximiser(1, 2, Start.CLEAN).by(new MultiGrad(3)));
        for (int row = 0; row < N; row++) {
          double[] votes = new double[D];
          for (int n = 0; n < 3; n++) {
            Seed of = SEEDS.get(row).split("point").split(n);
            double[] g = kit.gradient(kit.uniform(EPSILON, row, of), row);
            for (int i = 0; i < D; i++) {
              votes[i] += Math.signum(g[i]);
            }
          }
          double[] expected = kit.clean(row);
          for (int i = 0; i < D; i++) {
            boolean same = Math.abs(votes[i]) == 3;
            double moved = expected[i] + EPSILON * Math.signum(votes[i]);
            expected[i] = same ? clip(moved, 0, 1) : expected[i];
            agreed += same ? 1 : 0;
            all++;
          }
          requireEqual(found, row, expected);
        }
      }
    }
    assertThat(agreed).as("some agree and some do not").isBetween(all / 2, all - 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 100})
  void friendlySearchStopsSomeStepsAfterASampleIsWrong(int grace) {
    int stopped = 0;
    for (long seed = 0; seed < 6; seed++) {
      try (Kit kit = new Kit(seed)) {
        InnerMaximiser plain = new InnerMaximiser(8, 0.25, Start.UNIFORM);
        float[] found = kit.found(plain.by(new Friendly(grace)));
        for (int row = 0; row < N; row++) {
          double[] clean = kit.clean(row);
          double[] at = kit.uniform(EPSILON, row, SEEDS.get(row));
          int left = grace;
          int steps = 0;
          for (; steps < 8; steps++) {
            if (kit.predicted(at) != kit.labels[row] && left-- == 0) {
              stopped++;
              break;
            }
            double[] g = kit.gradient(at, row);
            for (int i = 0; i < D; i++) {
              double moved = at[i] + 0.25 * EPSILON * Math.signum(g[i]);
              at[i] = clip(clip(moved, clean[i] - EPSILON, clean[i] + EPSILON), 0, 1);
            }
          }
          requireEqual(found, row, at);
        }
        if (grace == 100) {
          assertThat(found).isEqualTo(kit.found(plain));
        }
      }
    }
    assertThat(stopped > 5).as("some stop early").isEqualTo(grace < 5);
  }

  @Test
  void otherBallsAreSearchedToo() {
    try (Kit kit = new Kit(2)) {
      ThreatModel l2 = ThreatModel.l2(0.3);
      for (SearchRule rule :
          List.of(new ZeroGrad(0.35), new MultiGrad(3), new Friendly(1), new Noisy(0.5))) {
        Tensor found =
            new InnerMaximiser(1, 1, Start.UNIFORM)
                .by(rule)
                .maximise(kit.tape, Losses.CE, l2, kit.x, kit.reference(), SEEDS);
        double[] length = found.sub(kit.x).square().sum(1).sqrt().toDoubles();
        double most = rule instanceof Noisy ? 0.45 : 0.3;
        for (double d : length) {
          assertThat(d).isBetween(1e-3, most + 1e-5);
        }
      }
    }
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new Noisy(-1)).hasMessageContaining("radii");
    assertThatThrownBy(() -> new ZeroGrad(1)).hasMessageContaining("quantile");
    assertThatThrownBy(() -> new MultiGrad(0)).hasMessageContaining("points");
    assertThatThrownBy(() -> new Friendly(-1)).hasMessageContaining("grace");
    assertThatThrownBy(() -> new SearchRule.Free(0, false)).hasMessageContaining("replays");
  }

  @Test
  void thePlainSearchIsWrittenAsEver() {
    assertThat(new InnerMaximiser(7, 0.25, Start.UNIFORM))
        .hasToString("InnerMaximiser[steps=7, fractions=[0.25], start=UNIFORM]");
    assertThat(new InnerMaximiser(1, 1, Start.UNIFORM).by(new Noisy(2)).toString())
        .contains("rule=Noisy[radii=2.0]");
  }
}
