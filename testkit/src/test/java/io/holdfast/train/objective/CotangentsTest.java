package io.holdfast.train.objective;

import static io.holdfast.train.objective.TwinCase.K;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.logSoftmax;
import static io.holdfast.train.objective.TwinCase.softmax;
import static io.holdfast.train.objective.TwinCase.squareDistance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.common.Variates;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.Gairat;
import io.holdfast.train.objective.adversarial.Iat;
import io.holdfast.train.objective.adversarial.Score;
import io.holdfast.train.objective.certified.SmoothAdv;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The derivatives by the logits with which objectives search by losses of their own, against
 * differences of those losses.
 */
@ExtendWith(LeakCheck.class)
class CotangentsTest {
  private static final int DRAWS = 4;

  /** The loss of sample i from the logits of the whole batch, {@code [m, K]}. */
  private interface OfLogits {
    double at(TwinCase c, double[] all, int i);
  }

  private record Row(Objective objective, int search, OfLogits loss) {
    @Override
    public String toString() {
      return objective + ", search " + search;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
        new Row(
            new Score(4, 0),
            0,
            (c, all, i) -> squareDistance(softmax(row(all, i)), softmax(c.zClean(i)))),
        new Row(new Gairat(-1, 0.6), 0, (c, all, i) -> -label(c, all, i)),
        new Row(new Iat(3, 0.5), 0, (c, all, i) -> -label(c, all, i)),
        new Row(new Iat(3, 0.5), 1, CotangentsTest::label),
        new Row(new Cat(0.5, 0.4, 2), 0, (c, all, i) -> soft(c, row(all, i), i)),
        new Row(new SmoothAdv(0.25, DRAWS), 0, CotangentsTest::smoothed));
  }

  private static double[] row(double[] all, int i) {
    return Arrays.copyOfRange(all, i * K, (i + 1) * K);
  }

  /** The logarithm of the label's probability. */
  private static double label(TwinCase c, double[] all, int i) {
    return logSoftmax(row(all, i))[c.label(i)];
  }

  /** A fifth of the label is drawn. */
  private static double soft(TwinCase c, double[] z, int i) {
    double[] drawn = Variates.dirichlet(K, 2, TwinShard.seedsOf("labels").get(i).generator());
    double[] log = logSoftmax(z);
    double spread = IntStream.range(0, K).mapToDouble(k -> drawn[k] * log[k]).sum();
    return -0.8 * log[c.label(i)] - 0.2 * spread;
  }

  /** Of the mean prediction over the draws, which stand one batch after the other. */
  private static double smoothed(TwinCase c, double[] all, int i) {
    return -Math.log(
        IntStream.range(0, DRAWS)
            .mapToDouble(d -> softmax(row(all, d * N + i))[c.label(i)])
            .average()
            .orElseThrow());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void cotangentsAreTheDerivativesOfTheirLosses(Row row) {
    for (long seed = 0; seed < 5; seed++) {
      TwinCase c = TwinCase.random(seed);
      try (Scope scope = Scope.open()) {
        Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
        Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, K);
        Probe probe = new Probe(new TwinShard(c, a, b, 0.9, TwinShard.THREAT, false), seed);
        row.objective().loss(probe);
        double[] found = probe.slopes.get(row.search());
        double[] expected =
            TwinAscent.slope(
                all -> IntStream.range(0, N).mapToDouble(i -> row.loss().at(c, all, i)).sum(),
                probe.answer(found.length));
        assertThat(found).containsExactly(expected, within(1e-7));
      }
    }
  }

  /** Its model answers searches with random logits and notes how they would have them changed. */
  private static final class Probe extends ForwardingShard {
    private final ShardContext shard;
    private final long seed;
    private final List<double[]> slopes = new ArrayList<>(); // of [m, K]

    Probe(ShardContext shard, long seed) {
      super(shard);
      this.shard = shard;
      this.seed = seed;
    }

    /** The first so many of the random logits. */
    double[] answer(int count) {
      RandomGenerator random = new Seed(seed).split("logits").generator();
      return DoubleStream.generate(() -> 2 * random.nextGaussian()).limit(count).toArray();
    }

    @Override
    public Tensor adversarial(Search search, Reference reference) {
      return search.find(
          new Search.Ground(
              new Answers(),
              new InnerMaximiser(1, 0.4, Start.CLEAN),
              threat(),
              inputs(),
              reference,
              seeds("inner"),
              OpenShard.ALL));
    }

    private final class Answers implements InputGradients {
      @Override
      public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
        int m = (int) x.size(0);
        Tensor z = Tensors.of(answer(m * K), m, K); // [m, K]
        slopes.add(cotangent.apply(z).toDoubles());
        return new Pass(z, Tensors.zerosLike(x));
      }

      @Override
      public Tensor logits(Tensor x) {
        return shard.logits(x);
      }

      @Override
      public void close() {}
    }
  }
}
