package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.HIDDEN;
import static io.holdfast.train.objective.TwinCase.IN;
import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.one;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Objectives on boxes, where the domain cuts the ball: inputs at 0 and 1 and near them. */
@ExtendWith(LeakCheck.class)
class DomainCutsTest {
  private static final double RADIUS = 0.2;
  private static final ThreatModel CUT = ThreatModel.linf(RADIUS).within(0, 1);
  private static final Ramp AT_ONCE = new Ramp(0, 0);

  /** The loss of one sample in a domain. */
  private interface Slow {
    double loss(TwinCase now, TwinCase before, int row, double low, double high);
  }

  /** A loss whose parameters are those at which the gradient is taken. */
  private interface Plain {
    double loss(TwinCase now, int row, double low, double high);
  }

  private static Arguments row(Objective objective, Plain plain) {
    Slow slow = (c, before, i, low, high) -> plain.loss(c, i, low, high);
    return Arguments.of(objective, slow);
  }

  static Stream<Arguments> rows() {
    return Stream.of(
        row(
            new Ibp(0.5, AT_ONCE),
            (c, i, low, high) ->
                c.crossEntropy(c.zClean(i), i) / 2
                    + bound(c, one(c.clean(), i), i, RADIUS, low, high) / 2),
        row(
            new CrownIbp(0.5, 0, AT_ONCE),
            (c, i, low, high) ->
                c.crossEntropy(c.zClean(i), i) / 2
                    + bound(c, one(c.clean(), i), i, RADIUS, low, high) / 2),
        row( // of this network intervals and lines agree
            new CrownIbp(0.5, 0.7, AT_ONCE),
            (c, i, low, high) ->
                c.crossEntropy(c.zClean(i), i) / 2
                    + bound(c, one(c.clean(), i), i, RADIUS, low, high) / 2),
        row(
            new MtlIbp(0.3, AT_ONCE),
            (c, i, low, high) ->
                0.7 * c.crossEntropy(c.zWorst(i), i)
                    + 0.3 * bound(c, one(c.clean(), i), i, RADIUS, low, high)),
        row(
            new Sabr(0.4, AT_ONCE),
            (c, i, low, high) ->
                bound(c, CertifiedTwins.within(c, i, 0.6 * RADIUS), i, 0.4 * RADIUS, low, high)),
        Arguments.of(new FastBat(40, 0.1), (Slow) DomainCutsTest::fastBat));
  }

  /** Half of all components at the domain's ends; what searches find is inside of it. */
  private static TwinCase atTheEnds(long seed) {
    TwinCase c = TwinCase.random(seed);
    double[] clean = c.clean().clone();
    double[] worst = c.worst().clone();
    for (int j = 0; j < clean.length; j++) {
      double change = worst[j] - clean[j];
      clean[j] = j % 4 == 0 ? 0 : j % 4 == 1 ? 1 : clean[j];
      worst[j] = Math.min(Math.max(clean[j] + change, 0), 1);
    }
    return new TwinCase(c.a(), c.b(), c.guideA(), c.guideB(), clean, worst, c.labels());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void lossAndGradientAreThoseOfTheCutBox(Objective objective, Slow slow) {
    double apart = 0;
    for (long seed = 0; seed < 5; seed++) {
      TwinCase c = atTheEnds(seed);
      try (Scope scope = Scope.open()) {
        Tensor a = Tensors.of(c.a(), IN, HIDDEN).asLeaf();
        Tensor b = Tensors.of(c.b(), HIDDEN, K).asLeaf();
        Tensor losses =
            objective.loss(new TwinShard(c, a, b, TwinRow.LATE, CUT, false)).perSample();
        double[] each = losses.toDoubles();
        for (int i = 0; i < N; i++) {
          double expected = slow.loss(c, c, i, 0, 1);
          assertThat(each[i]).as("sample " + i).isCloseTo(expected, within(1e-6));
          apart += Math.abs(slow.loss(c, c, i, -1, 2) - expected);
        }
        double[] found =
            Autograd.grad(losses.sum(), List.of(a, b), false).stream()
                .flatMapToDouble(g -> DoubleStream.of(g.toDoubles()))
                .toArray();
        double h = 1e-5;
        for (int p = 0; p < found.length; p++) {
          double slope = (sum(slow, c.with(p, h), c) - sum(slow, c.with(p, -h), c)) / (2 * h);
          assertThat(found[p]).as("parameter " + p).isCloseTo(slope, within(1e-5));
        }
      }
    }
    assertThat(apart).as("what the cut is worth").isGreaterThan(0.5);
  }

  private static double sum(Slow slow, TwinCase now, TwinCase before) {
    return IntStream.range(0, N).mapToDouble(i -> slow.loss(now, before, i, 0, 1)).sum();
  }

  /** Its first step is so long that it ends at the edges of ball and domain. */
  @Test
  void fastBatsSearchEndsInBallAndDomain() {
    TwinCase c = atTheEnds(3);
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(c.a(), IN, HIDDEN);
      Tensor b = Tensors.of(c.b(), HIDDEN, K);
      OpenShard shard =
          OpenShard.of(
              new TwinShard(c, a.asLeaf(), b.asLeaf(), TwinRow.LATE, CUT, false),
              new InnerMaximiser(1, 0.4, Start.CLEAN));
      new FastBat(1e6, 0.1).loss(shard);
      double[] found = shard.found().get(0);
      for (int j = 0; j < found.length; j++) {
        double low = Math.max(c.clean()[j] - RADIUS, 0);
        double high = Math.min(c.clean()[j] + RADIUS, 1);
        double off = Math.min(Math.abs(found[j] - low), Math.abs(found[j] - high));
        assertThat(off).as("component " + j).isLessThan(1e-6);
      }
      assertThat(DoubleStream.of(found).filter(v -> v == 0 || v == 1).count())
          .as("components that the domain holds back")
          .isGreaterThan(3);
    }
  }

  /** Cross-entropy with every class as high above the label as intervals over a box allow. */
  private static double bound(
      TwinCase c, double[] x, int i, double radius, double from, double to) {
    double[] low = new double[HIDDEN];
    double[] high = new double[HIDDEN];
    for (int h = 0; h < HIDDEN; h++) {
      for (int k = 0; k < IN; k++) {
        double weight = c.a()[k * HIDDEN + h];
        double below = weight * Math.max(x[k] - radius, from);
        double above = weight * Math.min(x[k] + radius, to);
        low[h] += Math.min(below, above);
        high[h] += Math.max(below, above);
      }
    }
    double sum = 0;
    for (int k = 0; k < K; k++) {
      double above = 0;
      for (int h = 0; h < HIDDEN; h++) {
        double weight = c.b()[h * K + k] - c.b()[h * K + c.label(i)];
        above += Math.max(weight * Math.tanh(low[h]), weight * Math.tanh(high[h]));
      }
      sum += Math.exp(above);
    }
    return Math.log(sum);
  }

  /** The second step with the weights before; through it goes only its own derivative. */
  private static double fastBat(TwinCase c, TwinCase before, int i, double from, double to) {
    double[] clean = one(c.clean(), i);
    double[] near = one(c.worst(), i);
    double[] wanted = TwinCase.plus(near, before.gradient(near, i), 40);
    double[] end = new double[IN];
    for (int k = 0; k < IN; k++) {
      double low = Math.max(clean[k] - RADIUS, from);
      double high = Math.min(clean[k] + RADIUS, to);
      end[k] = Math.min(Math.max(wanted[k], low), high);
    }
    double[] pull = before.gradient(end, i);
    double[] now = c.gradient(near, i);
    double[] then = before.gradient(near, i);
    double through = 0;
    for (int k = 0; k < IN; k++) {
      through += end[k] == wanted[k] ? (now[k] - then[k]) * pull[k] : 0;
    }
    return c.crossEntropy(c.z(end), i) + 0.1 * through;
  }
}
