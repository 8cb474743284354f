package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.Pairs.Kind;
import io.holdfast.train.objective.Mixture;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Mart;
import java.nio.file.Path;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
class PairsTest {
  private static final int N = 400;
  private static final List<Integer> SHAPE = List.of(2, 6, 5);
  private static final int SIZE = 60;

  /** Sample i is i everywhere, with label i. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Made(float[] values, long[] others, float[] shares, float[] weights) {
    static Made by(Pairs pairs, IntPredicate fixed) {
      return by(pairs, fixed, i -> 1);
    }

    static Made by(Pairs pairs, IntPredicate fixed, IntToDoubleFunction weight) {
      float[] values = new float[N * SIZE];
      for (int k = 0; k < values.length; k++) {
        int sample = k / SIZE;
        values[k] = sample;
      }
      long[] labels = IntStream.range(0, N).asLongStream().toArray();
      float[] weights = new float[N];
      IntStream.range(0, N).forEach(i -> weights[i] = (float) weight.applyAsDouble(i));
      try (Scope scope = Scope.open()) {
        Mixture mixture =
            pairs.into(values, labels, weights, SHAPE, fixed, new Seed(5), N, Device.CPU);
        return new Made(values, mixture.others().toLongs(), mixture.shares().toFloats(), weights);
      }
    }
  }

  @Test
  void mixedSamplesAreWeightedMeansWithTheLargerPartTheirOwn() {
    Made made = Made.by(Pairs.of(Kind.MIXUP), i -> false);
    double mean = 0;
    for (int i = 0; i < N; i++) {
      assertThat(made.shares[i]).isBetween(0.5f, 1f);
      double expected = made.shares[i] * i + (1 - made.shares[i]) * made.others[i];
      for (int d = 0; d < SIZE; d++) {
        assertThat((double) made.values[i * SIZE + d]).isCloseTo(expected, within(1e-3));
      }
      mean += made.shares[i] / N;
    }
    // The mean of max(b, 1 - b) for b of Beta(0.2, 0.2): 0.899 by simulation.
    assertThat(mean).isCloseTo(0.899, within(0.03));
    assertThat(made.others)
        .containsExactlyInAnyOrder(IntStream.range(0, N).asLongStream().toArray());
  }

  /** Half of the samples weigh a tenth, a tenth of them nothing. */
  private static double weight(long sample) {
    return sample % 10 == 0 ? 0 : sample % 2 == 0 ? 0.1 : 1;
  }

  @Test
  void eachLabelWeighsAsItsOwnSampleDoes() {
    Made plain = Made.by(Pairs.of(Kind.MIXUP), i -> false);
    Made made = Made.by(Pairs.of(Kind.MIXUP), i -> false, i -> weight(i));
    assertThat(plain.weights).containsOnly(1);
    assertThat(made.values).isEqualTo(plain.values);
    int changed = 0;
    for (int i = 0; i < N; i++) {
      double own = plain.shares[i] * weight(i);
      double others = (1 - plain.shares[i]) * weight(plain.others[i]);
      assertThat((double) made.weights[i] * made.shares[i]).isCloseTo(own, within(1e-6));
      assertThat((double) made.weights[i] * (1 - made.shares[i])).isCloseTo(others, within(1e-6));
      changed += made.shares[i] == plain.shares[i] ? 0 : 1;
    }
    assertThat(changed).isGreaterThan(N / 4);
  }

  @Test
  void boxesOfOthersHaveTheAreaOfTheirShare() {
    Made made = Made.by(Pairs.of(Kind.CUTMIX), i -> false);
    double mean = 0;
    int boxed = 0;
    for (int i = 0; i < N; i++) {
      int own = 0;
      for (int d = 0; d < SIZE; d++) {
        float value = made.values[i * SIZE + d];
        assertThat(value).isIn((float) i, (float) made.others[i]);
        assertThat(value).as("all channels alike").isEqualTo(made.values[i * SIZE + d % 30]);
        own += value == i ? 1 : 0;
      }
      assertThat(made.shares[i]).isBetween(0.5f, 1f);
      if (made.others[i] != i) {
        assertThat((double) own / SIZE).isCloseTo(made.shares[i], within(1e-6));
        boxed += own < SIZE && own == 2 * around(made.values, i) ? 1 : 0;
      }
      mean += made.shares[i] / N;
    }
    assertThat(mean).as("boxes are cut off at edges").isBetween(0.7, 0.95);
    assertThat(boxed).as("the larger part is the box").isBetween(N / 40, N / 2);
  }

  /** The area of the smallest box with all of a sample's own pixels in its first channel. */
  private static int around(float[] values, int sample) {
    int[] own = IntStream.range(0, 30).filter(p -> values[sample * SIZE + p] == sample).toArray();
    IntSummaryStatistics rows = IntStream.of(own).map(p -> p / 5).summaryStatistics();
    IntSummaryStatistics columns = IntStream.of(own).map(p -> p % 5).summaryStatistics();
    return (rows.getMax() - rows.getMin() + 1) * (columns.getMax() - columns.getMin() + 1);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void samplesThatAreFixedNeitherChangeNorStandInOthers(Kind kind) {
    Made made = Made.by(Pairs.of(kind), i -> i % 3 == 0);
    for (int i = 0; i < N; i++) {
      if (i % 3 == 0) {
        assertThat(made.shares[i]).isEqualTo(1);
        assertThat(made.values[i * SIZE]).isEqualTo(i);
      } else {
        assertThat(made.others[i] % 3).isNotZero();
      }
    }
  }

  private static Run paired(Kind kind, Objective objective) {
    return new Run()
        .settings(s -> s.objective(objective).methods(Methods.NONE.with(Pairs.of(kind))));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void anyNumberOfWorkersGivesTheSameBitsAndPairsChangeThem(Kind kind) {
    String two = paired(kind, new PgdAt()).go().weights();
    assertThat(paired(kind, new PgdAt()).with(r -> r.workers = 1).go().weights()).isEqualTo(two);
    assertThat(new Run().settings(s -> s.objective(new PgdAt())).go().weights()).isNotEqualTo(two);
    Kind other = kind == Kind.MIXUP ? Kind.CUTMIX : Kind.MIXUP;
    assertThat(paired(other, new PgdAt()).go().weights()).isNotEqualTo(two);
  }

  @Test
  void aRunThatWasStoppedGoesOnWithTheSamePairs(@TempDir Path folder) {
    Run whole = paired(Kind.CUTMIX, Trades.beta(3)).settings(s -> s.checkpoint(1, 1e9));
    String expected = whole.go().weights();
    Run first = paired(Kind.CUTMIX, Trades.beta(3)).settings(s -> s.checkpoint(1, 1e9)).in(folder);
    first.progress = Run.afterEachStep(step -> stopAt(step, first));
    assertThatThrownBy(first::go).hasMessageContaining("--resume");
    Run second = paired(Kind.CUTMIX, Trades.beta(3)).settings(s -> s.checkpoint(1, 1e9)).in(folder);
    assertThat(second.resuming().go().weights()).isEqualTo(expected);
  }

  private static void stopAt(int step, Run run) {
    if (step == 4) {
      run.stopper.request();
    }
  }

  @Test
  void whatPairsCannotDoIsRefusedByName() {
    assertThatThrownBy(paired(Kind.MIXUP, new Mart(5))::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("train.pairs")
        .hasMessageContaining("mart");
    Methods both = Methods.NONE.with(Pairs.of(Kind.MIXUP)).withWarmStart(1);
    assertThatThrownBy(() -> new Run().settings(s -> s.methods(both)).go())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no train.warm_start");
    assertThatThrownBy(paired(Kind.MIXUP, new PgdAt()).settings(s -> s.shard(1))::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("shards of at least 2 samples");
  }
}
