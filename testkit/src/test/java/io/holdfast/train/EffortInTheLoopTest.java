package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.data.Dataset;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.adversarial.Msd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How long searches are is read off the examples that they find. */
@ExtendWith(LeakCheck.class)
class EffortInTheLoopTest {
  private static final int WEAK = 5; // classes below it
  private static final int STEPS = 6;
  private static final double FRACTION = 0.03125; // a whole search stays in the ball

  /** The experiment's search and one of its own; shards of both kinds of samples and of one. */
  static Stream<Arguments> searches() {
    return Stream.of(
        Arguments.of(new PgdAt(), 8),
        Arguments.of(new PgdAt(), 1),
        Arguments.of(new Msd(), 8),
        Arguments.of(new Msd(), 1));
  }

  /** As many samples of weak classes as of others, in no order. */
  private static Dataset halves() {
    int[] weak = some(label -> label < WEAK);
    int[] strong = some(label -> label >= WEAK);
    int half = Math.min(weak.length, strong.length) / 16 * 16;
    return Run.DATA.subset(
        IntStream.concat(IntStream.of(weak).limit(half), IntStream.of(strong).limit(half))
            .sorted()
            .toArray());
  }

  private static int[] some(IntPredicate labels) {
    return IntStream.range(0, Run.DATA.size())
        .filter(i -> labels.test(Run.DATA.label(i)))
        .toArray();
  }

  private static List<WatchedObjective.Found> found(Objective objective, int shard, double effort) {
    Map<Integer, Double> classes = new HashMap<>();
    IntStream.range(0, 10).forEach(k -> classes.put(k, k < WEAK ? 1.0 : 0.0));
    WatchedObjective watched = new WatchedObjective(objective);
    Run run = new Run().with(r -> r.train = halves()).with(r -> r.start = Start.CLEAN);
    run.steps = STEPS;
    run.fraction = FRACTION;
    run.settings(
            s ->
                s.objective(watched)
                    .epochs(1)
                    .shard(shard)
                    .steps(Curve.constant(STEPS))
                    .methods(Methods.NONE.with(new Selection(classes, Map.of(), 0, effort))))
        .go();
    assertThat(watched.found()).hasSize(run.train.size());
    return watched.found();
  }

  /** From the clean input each step goes so far at most, and as far in some component. */
  private static long steps(WatchedObjective.Found found) {
    double most = 0;
    for (int d = 0; d < found.clean().length; d++) {
      most = Math.max(most, Math.abs(found.adversarial()[d] - found.clean()[d]));
    }
    return Math.round(most / (FRACTION * Run.THREAT.epsilon()));
  }

  /** In proportion to 1 + effort x weakness, with a mean of 6: 8 and 4 steps. */
  @ParameterizedTest
  @MethodSource("searches")
  void weakSamplesAreSearchedTwiceAsLongAndTheMeanStays(Objective objective, int shard) {
    assertThat(found(objective, shard, 1))
        .allSatisfy(one -> assertThat(steps(one)).isEqualTo(one.label() < WEAK ? 8 : 4));
  }

  @ParameterizedTest
  @MethodSource("searches")
  void withoutEffortAllSearchesAreAsLong(Objective objective, int shard) {
    assertThat(found(objective, shard, 0))
        .allSatisfy(one -> assertThat(steps(one)).isEqualTo(STEPS));
  }
}
