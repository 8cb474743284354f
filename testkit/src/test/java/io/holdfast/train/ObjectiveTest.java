package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objectives against slow twins in plain doubles, and what they ask of the inner maximiser. */
@ExtendWith(LeakCheck.class)
class ObjectiveTest {
  private static final int N = 5;
  private static final int IN = 4;
  private static final int HIDDEN = 6;
  private static final int K = 3;
  private static final double BETA = 2.5;
  private static final double SMOOTHING = 0.1;

  /** A random network tanh(x A) B with fixed clean and worst inputs, all in double. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Case(double[] a, double[] b, double[] clean, double[] worst, long[] labels) {
    static Case random(long seed) {
      RandomGenerator r = new Seed(seed).generator();
      double[] a = DoubleStream.generate(r::nextGaussian).limit(IN * HIDDEN).toArray();
      double[] b = DoubleStream.generate(r::nextGaussian).limit(HIDDEN * K).toArray();
      double[] clean = DoubleStream.generate(r::nextDouble).limit(N * IN).toArray();
      double[] worst = clean.clone();
      long[] labels = new long[N];
      for (int i = 0; i < worst.length; i++) {
        worst[i] += 0.4 * r.nextDouble() - 0.2;
      }
      for (int i = 0; i < N; i++) {
        labels[i] = r.nextInt(K);
      }
      return new Case(a, b, clean, worst, labels);
    }

    /** Log-probabilities of one row of inputs. */
    double[] logits(double[] inputs, int row) {
      double[] z = new double[K];
      for (int h = 0; h < HIDDEN; h++) {
        double s = 0;
        for (int i = 0; i < IN; i++) {
          s += inputs[row * IN + i] * a[i * HIDDEN + h];
        }
        for (int k = 0; k < K; k++) {
          z[k] += Math.tanh(s) * b[h * K + k];
        }
      }
      double sum = 0;
      for (double v : z) {
        sum += Math.exp(v);
      }
      for (int k = 0; k < K; k++) {
        z[k] -= Math.log(sum);
      }
      return z;
    }

    double crossEntropy(double[] inputs, int row) {
      double[] log = logits(inputs, row);
      double loss = 0;
      for (int k = 0; k < K; k++) {
        double target = SMOOTHING / K + (k == labels[row] ? 1 - SMOOTHING : 0);
        loss -= target * log[k];
      }
      return loss;
    }

    double divergence(int row) {
      double[] p = logits(clean, row);
      double[] q = logits(worst, row);
      double sum = 0;
      for (int k = 0; k < K; k++) {
        sum += Math.exp(p[k]) * (p[k] - q[k]);
      }
      return sum;
    }

    double loss(String objective) {
      double sum = 0;
      for (int row = 0; row < N; row++) {
        sum +=
            switch (objective) {
              case "standard" -> crossEntropy(clean, row);
              case "pgd-at" -> crossEntropy(worst, row);
              default -> crossEntropy(clean, row) + BETA * divergence(row);
            };
      }
      return sum;
    }

    Case with(int parameter, double change) {
      double[] newA = a.clone();
      double[] newB = b.clone();
      if (parameter < a.length) {
        newA[parameter] += change;
      } else {
        newB[parameter - a.length] += change;
      }
      return new Case(newA, newB, clean, worst, labels);
    }
  }

  /** A shard whose network is the case's and whose adversary is fixed. */
  private record Fixed(Case c, Tensor a, Tensor b) implements ShardContext {
    @Override
    public Tensor inputs() {
      return Tensors.of(c.clean(), N, IN);
    }

    @Override
    public Tensor labels() {
      return Tensors.of(c.labels(), N);
    }

    @Override
    public double labelSmoothing() {
      return SMOOTHING;
    }

    @Override
    public Tensor logits(Tensor x) {
      return Nn.tanh(x.matmul(a)).matmul(b);
    }

    @Override
    public Tensor evaluationLogits(Tensor x) {
      return logits(x).detach();
    }

    @Override
    public Start start() {
      return Start.UNIFORM;
    }

    @Override
    public Tensor adversarial(Loss loss, Reference reference, Start start) {
      return Tensors.of(c.worst(), N, IN);
    }
  }

  private static Objective objective(String name) {
    return switch (name) {
      case "standard" -> new Standard();
      case "pgd-at" -> new PgdAt();
      default -> Trades.beta(BETA);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"standard", "pgd-at", "trades"})
  void lossesAndGradientsEqualTheSlowTwins(String name) {
    for (long seed = 0; seed < 20; seed++) {
      Case c = Case.random(seed);
      try (Scope scope = Scope.open()) {
        Tensor a = Tensors.of(c.a(), IN, HIDDEN).asLeaf();
        Tensor b = Tensors.of(c.b(), HIDDEN, K).asLeaf();
        Tensor loss = objective(name).loss(new Fixed(c, a, b)).perSample().sum();
        assertThat(loss.item()).isCloseTo(c.loss(name), within(1e-6));
        List<Tensor> gradients = Autograd.grad(loss, List.of(a, b), false);
        double[] found =
            DoubleStream.concat(
                    DoubleStream.of(gradients.get(0).toDoubles()),
                    DoubleStream.of(gradients.get(1).toDoubles()))
                .toArray();
        for (int p = 0; p < found.length; p++) {
          double h = 1e-5;
          double slope = (c.with(p, h).loss(name) - c.with(p, -h).loss(name)) / (2 * h);
          assertThat(found[p]).as("parameter " + p).isCloseTo(slope, within(1e-5));
        }
      }
    }
  }

  /** What an objective asked of the adversary in one shard, and what it got. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Asked(
      Loss loss, Start start, float[] clean, float[] worst, boolean[] wrong, boolean asExpected) {}

  /** Passes everything on to the real shard and notes the adversary's work. */
  private record Watching(Objective inner, Network network, List<Asked> asked)
      implements Objective {
    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      return inner.loss(new Watched(shard, network, asked));
    }
  }

  private record Watched(ShardContext shard, Network network, List<Asked> asked)
      implements ShardContext {
    @Override
    public Tensor inputs() {
      return shard.inputs();
    }

    @Override
    public Tensor labels() {
      return shard.labels();
    }

    @Override
    public double labelSmoothing() {
      return shard.labelSmoothing();
    }

    @Override
    public Tensor logits(Tensor x) {
      return shard.logits(x);
    }

    @Override
    public Tensor evaluationLogits(Tensor x) {
      return shard.evaluationLogits(x);
    }

    @Override
    public Start start() {
      return shard.start();
    }

    @Override
    public Tensor adversarial(Loss loss, Reference reference, Start start) {
      Tensor worst = shard.adversarial(loss, reference, start);
      Tensor clean = shard.inputs();
      boolean[] wrong = network.apply(clean).argmax(1).ne(shard.labels()).toBooleans();
      asked.add(
          new Asked(
              loss,
              start,
              clean.toFloats(),
              worst.toFloats(),
              wrong,
              climbs(loss, reference, worst)));
      return worst;
    }

    /** In evaluation mode, the result's loss is above that of the clean inputs. */
    private boolean climbs(Loss loss, Reference reference, Tensor worst) {
      double before = loss.value(network.apply(shard.inputs()), reference).sum().item();
      double after = loss.value(network.apply(worst), reference).sum().item();
      return after > before;
    }
  }

  private static List<Asked> watch(Objective objective) {
    List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    Run run = new Run().with(r -> r.graph = Run.NORMED);
    try (Network network = run.network()) {
      run.settings(
              s ->
                  s.objective(new Watching(objective, network, asked))
                      .steps(Curve.constant(5))
                      .epochs(1))
          .go(network);
    }
    assertThat(asked).hasSize(12);
    return asked;
  }

  @ParameterizedTest
  @ValueSource(strings = {"pgd-at", "trades"})
  void everySampleIsPerturbedAlsoThoseThatAreWrongAlready(String name) {
    int wrong = 0;
    for (Asked a : watch(objective(name))) {
      int width = a.clean().length / a.wrong().length;
      for (int i = 0; i < a.wrong().length; i++) {
        double most = 0;
        for (int k = i * width; k < (i + 1) * width; k++) {
          most = Math.max(most, Math.abs(a.clean()[k] - a.worst()[k]));
        }
        assertThat(most).isBetween(0.02, 0.1 + 1e-6);
        wrong += a.wrong()[i] ? 1 : 0;
      }
      assertThat(a.asExpected()).as("the loss rises").isTrue();
    }
    assertThat(wrong).as("misclassified samples among them").isGreaterThan(20);
  }

  @Test
  void tradesMaximisesTheDivergenceFromASmallNormalStart() {
    assertThat(watch(Trades.beta(6)))
        .allMatch(a -> a.loss() == Losses.KL && a.start() == Start.SMALL_NORMAL);
    assertThat(watch(new PgdAt()))
        .allMatch(a -> a.loss() == Losses.CE && a.start() == Start.UNIFORM);
  }

  /** Without steps PGD-AT trains on the start itself, and TRADES keeps its own. */
  @Test
  void aCleanStartOfTheSearchIsThatOfPgdAtButNotOfTrades() {
    for (boolean trades : new boolean[] {false, true}) {
      Objective objective = trades ? Trades.beta(6) : new PgdAt();
      assertThat(objective.ownStart()).isEqualTo(trades);
      List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
      Run run = new Run().with(r -> r.start = Start.CLEAN);
      try (Network network = run.network()) {
        run.settings(
                s ->
                    s.objective(new Watching(objective, network, asked))
                        .steps(Curve.constant(0))
                        .epochs(1))
            .go(network);
      }
      assertThat(asked).hasSize(12);
      assertThat(asked).allMatch(a -> Arrays.equals(a.clean(), a.worst()) != trades);
    }
  }

  @Test
  void withoutStepsTheSmallNormalStartIsAThousandthAway() {
    List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    Run run = new Run();
    try (Network network = run.network()) {
      run.settings(
              s ->
                  s.objective(new Watching(Trades.beta(6), network, asked))
                      .steps(Curve.constant(0))
                      .epochs(1))
          .go(network);
    }
    double square = 0;
    long inside = 0;
    for (Asked a : asked) {
      for (int i = 0; i < a.clean().length; i++) {
        if (a.clean()[i] > 0.01 && a.clean()[i] < 0.99) { // not cut off by the domain
          square += Math.pow(a.worst()[i] - a.clean()[i], 2);
          inside++;
        }
      }
    }
    assertThat(Math.sqrt(square / inside)).isCloseTo(0.001, within(2e-5));
  }

  /** The same search by hand, with the network in evaluation mode. */
  @Test
  void theInnerMaximiserRunsInEvaluationMode() {
    List<float[]> pairs = Collections.synchronizedList(new ArrayList<>());
    Run run = new Run().with(r -> r.graph = Run.NORMED);
    try (Network network = run.network()) {
      Objective probe =
          new Objective() {
            @Override
            public String name() {
              return "probe";
            }

            @Override
            public ShardLoss loss(ShardContext shard) {
              Tensor found =
                  shard.adversarial(Losses.CE, Reference.labels(shard.labels()), Start.CLEAN);
              pairs.add(found.toFloats());
              pairs.add(byHand(network, shard).toFloats());
              Tensor logits = shard.logits(found);
              return new ShardLoss(Nn.crossEntropy(logits, shard.labels()), null, null);
            }
          };
      run.settings(s -> s.objective(probe).epochs(1).batch(96))
          .with(r -> r.workers = 1)
          .go(network);
    }
    assertThat(pairs).hasSize(24);
    for (int i = 0; i < pairs.size(); i += 2) {
      int differ = 0;
      float[] a = pairs.get(i);
      float[] b = pairs.get(i + 1);
      for (int k = 0; k < a.length; k++) {
        differ += Math.abs(a[k] - b[k]) > 1e-5 ? 1 : 0;
      }
      // Signs of gradients that are zero but for rounding may differ between two ways to compute.
      assertThat(differ).isLessThan(a.length / 100);
    }
  }

  private static Tensor byHand(Network network, ShardContext shard) {
    InnerMaximiser search = new InnerMaximiser(2, 0.4, Start.CLEAN);
    List<Seed> seeds = Collections.nCopies((int) shard.labels().count(), new Seed(1));
    try (InputGradients tape = new TapeGradients(network.classifier(), Precision.FLOAT32)) {
      return search.maximise(
          tape, Losses.CE, Run.THREAT, shard.inputs(), Reference.labels(shard.labels()), seeds);
    }
  }

  @Test
  void theMixLeavesItsShareOfSamplesClean() {
    List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    Run run = new Run();
    try (Network network = run.network()) {
      run.settings(
              s ->
                  s.objective(new Watching(new PgdAt(), network, asked))
                      .cleanShare(Curve.constant(0.5))
                      .epochs(4))
          .go(network);
    }
    int clean = 0;
    int all = 0;
    for (Asked a : asked) {
      int width = a.clean().length / a.wrong().length;
      for (int i = 0; i < a.wrong().length; i++) {
        boolean same = true;
        for (int k = i * width; k < (i + 1) * width; k++) {
          same &= a.clean()[k] == a.worst()[k];
        }
        clean += same ? 1 : 0;
        all++;
      }
    }
    assertThat(all).isEqualTo(384);
    assertThat((double) clean / all).isBetween(0.42, 0.58);
  }
}
