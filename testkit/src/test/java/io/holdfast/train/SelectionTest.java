package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.ColourJitter;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SelectionTest {
  private static Attempt clean(long id, int label, int group, boolean right) {
    return Attempt.clean(id, label)
        .group(group)
        .predicted(right ? label : label + 1, 0.9f, 0.5f)
        .build();
  }

  private static Attempt verdict(long id, int label, int group, Outcome outcome) {
    return Attempt.of(Kind.VERDICT, "pgd", id, label)
        .group(group)
        .threat("linf", 0.1)
        .outcome(outcome)
        .build();
  }

  @Test
  void weaknessIsTheDistanceToTheBestClass() {
    List<Attempt> rows = new ArrayList<>();
    for (int id = 0; id < 24; id++) { // class 0 holds always, 1 half, 2 never
      int label = id % 3;
      boolean right = label < 2;
      boolean held = label == 0 || (label == 1 && id % 2 == 0);
      rows.add(clean(id, label, -1, right));
      rows.add(verdict(id, label, -1, held ? Outcome.HELD : Outcome.FELL));
      rows.add( // a curve's point says nothing
          Attempt.of(Kind.CURVE, "pgd", id, label)
              .threat("linf", 0.2)
              .outcome(Outcome.FELL)
              .build());
    }
    rows.add(clean(99, 0, -1, false)); // never attacked
    Selection found = Selection.of(rows, 3, 1);
    assertThat(found.groups()).isEmpty();
    assertThat(found.classes().get(0)).isZero();
    assertThat(found.classes().get(1)).isCloseTo(0.406_25, within(1e-12)); // by 13/16
    assertThat(found.classes().get(2)).isCloseTo(0.812_5, within(1e-12)); // of 1/2 and 1
  }

  @Test
  void withoutAttacksCleanAccuracyCountsAndGroupsAreParts() {
    List<Attempt> rows = new ArrayList<>();
    for (int id = 0; id < 8; id++) {
      rows.add(clean(id, 0, id % 2, id % 2 == 0));
    }
    Selection found = Selection.of(rows, 1, 0);
    assertThat(found.classes()).isEqualTo(Map.of(0, 0.0));
    assertThat(found.groups().get(0)).isZero();
    assertThat(found.groups().get(1)).isCloseTo(0.75, within(1e-12));
  }

  private static Map<Integer, Double> weakness(int classes, IntUnaryOperator of, Seed seed) {
    Standing.Count count = new Standing.Count();
    RandomGenerator random = seed.generator();
    for (int k = 0; k < classes; k++) {
      for (int i = 0; i < of.applyAsInt(k); i++) {
        count.add(k, -1, random.nextDouble() < 0.3);
      }
    }
    return Standing.weakness(count.all().classes());
  }

  /** What differs as much as equals differ by chance is equal. */
  @Test
  void chanceMakesNoClassWeak() {
    double most = 0;
    for (int seed = 0; seed < 50; seed++) {
      for (Map<Integer, Double> found :
          List.of(
              weakness(100, k -> 5, new Seed(seed)),
              weakness(10, k -> 50, new Seed(seed)),
              weakness(10, k -> k == 0 ? 3 : 60, new Seed(seed)))) {
        most += Collections.max(found.values()) / 150;
      }
    }
    assertThat(most).as("the weakest class, in the mean").isLessThan(0.06);
  }

  /** Of three samples that fell nothing follows alone, but it does where classes differ. */
  @Test
  void fewSamplesSayMoreWhereClassesDiffer() {
    Map<Integer, Standing.Share> two =
        Map.of(0, new Standing.Share(0, 3), 1, new Standing.Share(12, 100));
    assertThat(Standing.weakness(two).values()).containsOnly(0.0);
    Map<Integer, Standing.Share> many = new TreeMap<>(two);
    many.put(2, new Standing.Share(90, 100));
    many.put(3, new Standing.Share(50, 100));
    Map<Integer, Double> found = Standing.weakness(many);
    assertThat(found.get(2)).isZero();
    assertThat(found.get(3)).isBetween(0.38, 0.4);
    assertThat(found.get(1)).isBetween(0.76, 0.78);
    assertThat(found.get(0)).isBetween(0.6, 0.75); // less than of a hundred
    assertThat(Standing.weakness(Map.of())).isEmpty();
  }

  @Test
  void drawsAndEffortsHaveAMeanOfOne() {
    Dataset data = FashionMnist.train().first(200);
    Selection selection = new Selection(Map.of(0, 0.0, 1, 0.8, 2, 0.4), Map.of(), 3, 2);
    double[] draws = selection.draws(data);
    double[] efforts = selection.efforts(data);
    assertThat(DoubleStream.of(draws).sum()).isCloseTo(200, within(1e-9));
    double steps = IntStream.range(0, 200).mapToDouble(i -> draws[i] * efforts[i]).sum();
    assertThat(steps).isCloseTo(200, within(1e-9));
    int strong = IntStream.range(0, 200).filter(i -> data.label(i) == 0).findFirst().orElseThrow();
    int weak = IntStream.range(0, 200).filter(i -> data.label(i) == 1).findFirst().orElseThrow();
    int unknown = IntStream.range(0, 200).filter(i -> data.label(i) == 7).findFirst().orElseThrow();
    assertThat(draws[weak] / draws[strong]).isCloseTo(1 + 3 * 0.8, within(1e-12));
    assertThat(draws[unknown] / draws[strong]).isCloseTo(1 + 3 * 0.4, within(1e-12));
    assertThat(efforts[weak] / efforts[strong]).isCloseTo(1 + 2 * 0.8, within(1e-12));
  }

  /** What the ledger's samples have, training's need not have. */
  @Test
  void groupsThatTheDataDoesNotHaveChangeNothing() {
    Dataset data = FashionMnist.train().first(200);
    Map<Integer, Double> classes = Map.of(0, 0.0, 1, 0.3);
    Selection grouped = new Selection(classes, Map.of(0, 0.0, 1, 0.6), 3, 2);
    Selection plain = new Selection(classes, Map.of(), 3, 2);
    assertThat(grouped.draws(data)).isEqualTo(plain.draws(data));
    assertThat(grouped.efforts(data)).isEqualTo(plain.efforts(data));
    Dataset some =
        new ForwardingDataset(data) {
          @Override
          public int group(int index) {
            return index < 100 ? 1 : -1; // a sample without one is as weak as the mean
          }
        };
    double[] draws = grouped.draws(some);
    int[] strong = IntStream.range(0, 200).filter(i -> data.label(i) == 0).toArray();
    int known = IntStream.of(strong).filter(i -> i < 100).findFirst().orElseThrow();
    int unknown = IntStream.of(strong).filter(i -> i >= 100).findFirst().orElseThrow();
    assertThat(draws[known] / draws[unknown])
        .isCloseTo((1 + 3 * 0.6) / (1 + 3 * 0.3), within(1e-12));
  }

  @Test
  void anEpochHoldsEachSampleAsOftenAsItsDrawsSay() {
    double[] draws = {0.5, 0.5, 2.25, 0.75, 1, 1, 1, 1};
    double[] seen = new double[draws.length];
    int epochs = 2000;
    for (int epoch = 0; epoch < epochs; epoch++) {
      int[] order = Selection.order(draws, new Seed(3).split(epoch));
      assertThat(order).hasSize(8);
      for (int i = 0; i < draws.length; i++) {
        int sample = i;
        long times = Arrays.stream(order).filter(s -> s == sample).count();
        assertThat((double) times).isBetween(Math.floor(draws[i]), Math.ceil(draws[i]));
        seen[i] += times;
      }
    }
    for (int i = 0; i < draws.length; i++) {
      assertThat(seen[i] / epochs).isCloseTo(draws[i], within(0.05));
    }
  }

  /** Takes down the inputs of each sample, and what is drawn for it. */
  private static final class Watching implements Objective {
    private final Standard inner = new Standard();
    private final List<String> inputs = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> seeds = Collections.synchronizedList(new ArrayList<>());

    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      for (int i = 0; i < shard.labels().count(); i++) {
        inputs.add(Arrays.toString(shard.inputs().select(0, i).toFloats()));
      }
      shard.seeds("test").forEach(seed -> seeds.add(seed.bits()));
      return inner.loss(shard);
    }
  }

  static Stream<Run> repeating() {
    Selection weak = new Selection(Map.of(0, 0.0, 1, 1.0), Map.of(), 8, 0);
    Dataset few = Run.TRAIN.first(6);
    return Stream.of(
        new Run().settings(s -> s.methods(Methods.NONE.with(weak))),
        new Run().with(r -> r.train = Datasets.join(Run.TRAIN.first(90), few, 1, 0.5)));
  }

  @ParameterizedTest
  @MethodSource("repeating")
  void aSampleThatComesAgainIsChangedAnew(Run run) {
    Watching objective = new Watching();
    run.settings(s -> s.objective(objective).epochs(1))
        .with(r -> r.augmentation = Augmentation.of(new ColourJitter(0.5, 0.5, 0, 0)))
        .go();
    assertThat(objective.inputs).hasSize(96).doesNotHaveDuplicates();
    assertThat(objective.seeds).hasSize(96).doesNotHaveDuplicates();
    assertThat(run.train.size()).isEqualTo(96);
  }

  @Test
  void equalDrawsAreAnEpochOfEverySampleOnce() {
    double[] draws = new double[1001];
    Arrays.fill(draws, 1);
    int[] order = Selection.order(draws, new Seed(1));
    assertThat(IntStream.of(order).distinct().count()).isEqualTo(1001);
    assertThat(order).isNotEqualTo(Selection.order(draws, new Seed(2)));
    assertThat(order).isEqualTo(Selection.order(draws, new Seed(1)));
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new Selection(Map.of(), Map.of(), -1, 0))
        .hasMessageContaining("strength");
  }
}
