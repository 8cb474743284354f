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
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.ForwardingShard;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Trades;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What objectives ask of the inner maximiser. */
@ExtendWith(LeakCheck.class)
class ObjectiveTest {
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

  private static final class Watched extends ForwardingShard {
    private final ShardContext shard;
    private final Network network;
    private final List<Asked> asked;

    Watched(ShardContext shard, Network network, List<Asked> asked) {
      super(shard);
      this.shard = shard;
      this.network = network;
      this.asked = asked;
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
    for (Asked a : watch(name.equals("trades") ? Trades.beta(6) : new PgdAt())) {
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
