package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two experts and their mixture. */
@ExtendWith(LeakCheck.class)
class GeneralistTest {
  private static final int ALL = Run.TRAIN.size();
  private static final int NEVER = 1_000_000;

  private static Run run(Objective objective, Generalist generalist) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .settings(s -> s.objective(objective).methods(Methods.NONE.with(generalist)));
  }

  private static Outcome averaged(Objective objective, double decay) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .settings(s -> s.objective(objective).averaging(decay))
        .go();
  }

  @Test
  void theRobustExpertAloneIsTheAverageOfPlainTrainingBitForBit() {
    for (Objective objective : List.of(new PgdAt(), Trades.beta(6))) {
      Outcome plain = averaged(objective, 0.8);
      assertThat(run(objective, new Generalist(1, 0, 0, NEVER, 0.8)).go()).isEqualTo(plain);
      assertThat(run(objective, new Generalist(0.5, 0, 0, NEVER, 0.8)).go()).isNotEqualTo(plain);
      assertThat(run(objective, new Generalist(1, 0, 0, 2, 0.8)).go()).isNotEqualTo(plain);
    }
  }

  /** Where the adversary may do nothing, both experts are one: dropout masks are the same too. */
  @Test
  void withoutAnAdversaryBothExpertsAreOne() {
    Run run = run(new PgdAt(), new Generalist(0.5, 0, 0.5, NEVER, 0));
    run.threat = Run.THREAT.withEpsilon(0);
    Run standard = new Run().with(r -> r.graph = Run.NORMED);
    standard.settings(s -> s.objective(new Standard()));
    try (Scope scope = Scope.open();
        Network mixed = run.network();
        Network plain = standard.network()) {
      run.go(mixed);
      standard.go(plain);
      for (String name : plain.weights().keySet()) {
        Tensor gap = mixed.weight(name).sub(plain.weight(name)).abs().max();
        assertThat(gap.item()).as(name).isLessThan(1e-6);
      }
    }
  }

  /** Twice the clean cross-entropy: what tells the robust expert from the other. */
  private record Twice() implements Objective {
    @Override
    public String name() {
      return "twice";
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      Tensor logits = shard.logits(shard.inputs()); // [n, K]
      return ShardLoss.of(Nn.crossEntropy(logits, shard.labels()).mul(2), logits, logits);
    }
  }

  /** Six steps of the whole batch, in double; the experts go on from the average after 4 and 6. */
  @Test
  void everyStepEqualsTheSlowTwin() {
    double rate = 0.2;
    Generalist generalist = new Generalist(0.25, 0.3, 0.5, 2, 0.3);
    Run run =
        new Run()
            .settings(
                s ->
                    s.objective(new Twice())
                        .epochs(6)
                        .batch(ALL)
                        .shard(13)
                        .methods(Methods.NONE.with(generalist))
                        .optimiser(WeightMethodsTest.plainDescent(rate)));
    try (Scope scope = Scope.open();
        Network trained = run.network();
        Network start = run.network()) {
      run.go(trained);
      Map<String, Tensor> robust = new LinkedHashMap<>();
      start.weights().forEach((n, t) -> robust.put(n, t.to(DType.FLOAT64)));
      Map<String, Tensor> clean = new LinkedHashMap<>(robust);
      Map<String, Tensor> average = new LinkedHashMap<>(robust);
      double[] shares = {
        1, 1, 1 - 0.75 / 21, 1 - 0.75 * 2 / 7, 1 - 0.75 * 11 / 21, 1 - 0.75 * 16 / 21
      };
      for (int step = 0; step < shares.length; step++) {
        double share = shares[step];
        double d = Math.min(0.3, (1.0 + step) / (10.0 + step));
        descend(start, robust, 2 * rate);
        descend(start, clean, rate);
        average.replaceAll(
            (n, t) ->
                t.mul(d)
                    .add(get(robust, n), (1 - d) * share)
                    .add(get(clean, n), (1 - d) * (1 - share)));
        if (step == 3 || step == 5) {
          robust.putAll(average);
          clean.putAll(average);
        }
      }
      for (Parameter p : start.trainable()) {
        Tensor found = trained.weight(p.name()).to(DType.FLOAT64);
        Tensor gap = found.sub(get(average, p.name())).abs().max();
        assertThat(gap.item()).as(p.name()).isLessThan(5e-6);
      }
    }
  }

  private static void descend(Network network, Map<String, Tensor> weights, double rate) {
    Map<String, Tensor> slope = WeightMethodsTest.gradient(network, weights);
    weights.replaceAll((name, w) -> w.sub(get(slope, name).mul(rate)));
  }

  private static Tensor get(Map<String, Tensor> all, String name) {
    return Objects.requireNonNull(all.get(name));
  }

  @Test
  void theShareFallsAlongALine() {
    Generalist standard = Generalist.standard();
    assertThat(standard.shareAt(0.5)).isEqualTo(1);
    assertThat(standard.shareAt(2.0 / 3)).isEqualTo(1);
    assertThat(standard.shareAt(5.0 / 6)).isCloseTo(0.7, within(1e-12));
    assertThat(standard.shareAt(1)).isCloseTo(0.4, within(1e-12));
    Pace pace = Pace.over(120);
    assertThat(standard.exchanges(74, 1, pace)).isFalse();
    assertThat(standard.exchanges(75, 1, pace)).isTrue();
    assertThat(standard.exchanges(75, 2, pace)).isFalse();
    assertThat(standard.exchanges(76, 2, pace)).isTrue();
  }

  private static Run rich() {
    return run(new PgdAt(), new Generalist(0.4, 0.3, 0.3, 2, 0.5)).settings(s -> s.epochs(3));
  }

  @Test
  void anyNumberOfWorkersGivesTheSameBits() {
    Outcome one = rich().with(r -> r.workers = 1).go();
    assertThat(rich().with(r -> r.workers = 3).go()).isEqualTo(one);
  }

  @Test
  void aResumedRunEqualsAnUninterruptedOne(@TempDir Path folder) {
    Outcome whole = rich().in(folder.resolve("whole")).go();
    for (int stop : new int[] {2, 5, 8}) {
      Path place = folder.resolve("stop" + stop);
      Run first = rich().in(place).stoppingAfter(stop);
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      assertThat(rich().in(place).resuming().go()).as("stopped after " + stop).isEqualTo(whole);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
    }
  }

  @Test
  void itIsRefusedWithoutAnAdversaryAndBesideAnotherAverage() {
    assertThatThrownBy(() -> run(new Standard(), Generalist.standard()).go())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.generalist");
    assertThatThrownBy(
            () -> run(new PgdAt(), Generalist.standard()).settings(s -> s.averaging(0.9)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("one of ema, swa and generalist");
  }
}
