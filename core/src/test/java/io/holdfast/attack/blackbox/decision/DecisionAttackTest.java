package io.holdfast.attack.blackbox.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.blackbox.ImageModel;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decision-based attacks through the driver, against a model that gives no gradients. */
class DecisionAttackTest {
  private static final Seed SEED = new Seed(5);
  private static final int POINTS = 24;
  private static final ImageModel MODEL = new ImageModel(3);

  private static Tensor inputs() {
    return Rng.of(SEED).uniform(0.2, 0.8, POINTS, 3, 8, 8);
  }

  private static int[] labels(Tensor x) {
    return Arrays.stream(MODEL.logits(x).argmax(1).toLongs()).mapToInt(k -> (int) k).toArray();
  }

  private static List<Sample> run(Attack attack, ThreatModel threat) {
    return run(attack, threat, 0, POINTS, 1);
  }

  /** On the samples from {@code from} to {@code to}. */
  private static List<Sample> run(
      Attack attack, ThreatModel threat, int from, int to, int workers) {
    try (Scope scope = Scope.open();
        Workers pool = Workers.of(workers)) {
      Tensor x = inputs();
      int[] y = labels(x);
      return new AttackDriver(MODEL, threat.knowing(Knowledge.DECISION), pool)
          .withShard(5)
          .run(
              attack,
              x.slice(0, from, to),
              Arrays.copyOfRange(y, from, to),
              LongStream.range(from, to).toArray(),
              SEED)
          .samples();
    }
  }

  private static boolean fell(Sample sample) {
    return sample.outcome() == Outcome.FELL;
  }

  /** Nearest is nearest: what a ball without a limit gives is what a finite one is judged by. */
  @ParameterizedTest
  @CsvSource({
    "'hopskipjump[queries=200]', l2",
    "'hopskipjump[queries=200]', linf",
    "'geoda[queries=200]', l1",
    "'sign-opt[queries=200,neighbours=30]', l2",
    "'rays[queries=100]', linf",
    "'surfree[queries=150]', l2",
    "'pointwise[queries=300]', l0",
    "'boundary[queries=150]', l2"
  })
  void finiteBallsAgreeWithTheSmallestChange(String attack, String kind) {
    Norm norm = Norm.ofKey(kind).orElseThrow();
    Attack search = Attacks.parse(attack);
    List<Sample> smallest = run(search, ThreatModel.smallest(norm));
    assertThat(smallest).allMatch(DecisionAttackTest::fell);
    double[] found = smallest.stream().mapToDouble(s -> s.distances().in(norm)).toArray();
    double middle = Arrays.stream(found).sorted().skip(POINTS / 2).findFirst().orElseThrow();
    double epsilon = norm == Norm.L0 ? middle : middle * (1 + 1e-4);
    List<Sample> within = run(search, ThreatModel.parse(kind + ":" + epsilon));
    for (int i = 0; i < POINTS; i++) {
      boolean clear = norm == Norm.L0 || Math.abs(found[i] / epsilon - 1) > 1e-3;
      if (clear) {
        assertThat(fell(within.get(i)))
            .as("sample %d at %s", i, found[i])
            .isEqualTo(found[i] <= epsilon);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "boundary, l2:0.01",
    "hopskipjump, l2:0.01",
    "hopskipjump, linf:0.001",
    "geoda, l2:0.01",
    "sign-opt, l2:0.01",
    "opt, l2:0.01",
    "rays, linf:0.001",
    "surfree, l2:0.01",
    "blended-noise, l2:0.01"
  })
  void spendsWhatItMayAndNoMore(String attack, String threat) {
    Attack search = Attacks.parse(attack + "[queries=60,restarts=2]");
    List<Sample> free = run(search, ThreatModel.parse(threat));
    assertThat(free).allMatch(s -> s.queries() <= 120 && s.gradients() == 0);
    assertThat(free).anyMatch(s -> s.queries() > 80);
    List<Sample> bound = run(search, ThreatModel.parse(threat).queries(71));
    assertThat(bound).allMatch(s -> s.queries() <= 71);
    assertThat(bound).anyMatch(s -> !fell(s) && s.queries() > 50);
    assertThat(run(search, ThreatModel.parse(threat).queries(1))).allMatch(s -> s.queries() == 1);
  }

  /**
   * From an image of the class that is wanted. The ball of no limit holds that too, so what counts
   * is that the search comes nearer than its start.
   */
  @ParameterizedTest
  @CsvSource({
    "boundary, l2",
    "hopskipjump, l2",
    "hopskipjump, linf",
    "geoda, l2",
    "sign-opt, l2",
    "sign-opt, linf",
    "opt, l2",
    "opt, linf",
    "surfree, l2",
    "pointwise, l0",
    "pointwise, l2",
    "blended-images, l1"
  })
  void reachesTheClassThatIsWanted(String attack, String kind) {
    Norm norm = Norm.ofKey(kind).orElseThrow();
    ThreatModel threat = ThreatModel.smallest(norm).wanting(Goal.target(1));
    List<Sample> samples = run(Attacks.parse(attack + "[queries=120]"), threat);
    assertThat(samples).anyMatch(s -> s.label() == 1).anyMatch(s -> s.label() != 1);
    assertThat(samples)
        .filteredOn(s -> s.label() != 1)
        .allMatch(s -> fell(s) && s.prediction() == 1);
    double[] parts = // of the way to the start
        samples.stream()
            .filter(s -> s.label() != 1)
            .mapToDouble(s -> s.distances().in(norm) / start(1, (int) s.id(), norm))
            .sorted()
            .toArray();
    assertThat(parts[parts.length - 1]).isLessThan(1.0001);
    assertThat(parts[parts.length / 2]).as("the median").isLessThan(0.95);
    assertThat(samples).filteredOn(s -> s.label() == 1).allMatch(s -> s.queries() == 0);
  }

  /**
   * How far away a search begins: on the way to the nearest image of a class, halved as often as
   * the class stays, up to six times.
   */
  private static double start(int label, int image, Norm norm) {
    try (Scope scope = Scope.open()) {
      Tensor x = inputs();
      int[] labels = labels(x);
      Tensor own = x.slice(0, image, image + 1); // [1, 3, 8, 8]
      Tensor nearest =
          IntStream.range(0, POINTS)
              .filter(i -> labels[i] == label)
              .mapToObj(i -> x.slice(0, i, i + 1))
              .min(Comparator.comparingDouble(other -> distance(own, other, norm)))
              .orElseThrow();
      Tensor way = nearest.sub(own);
      double part = 1;
      while (part > 1.0 / 64 && labels(own.add(way, part / 2))[0] == label) {
        part /= 2;
      }
      return distance(own, own.add(way, part), norm);
    }
  }

  private static double distance(Tensor a, Tensor b, Norm norm) {
    return Distances.between(a.toDoubles(), b.toDoubles()).in(norm);
  }

  /** Alone, a sample has no others to blend with; that is no error. */
  @Test
  void imagesComeFromTheSameRun() {
    Attack blend = Blend.of(Start.IMAGES, 40);
    assertThat(run(blend, ThreatModel.smallest(Norm.L2))).allMatch(DecisionAttackTest::fell);
    assertThat(run(blend, ThreatModel.smallest(Norm.L2), 3, 4, 1))
        .allMatch(s -> s.outcome() == Outcome.HELD && s.queries() == 0);
  }

  /** Who stands beside a sample, and how many work, changes nothing, questions included. */
  @Test
  void neighboursAndWorkersDoNotMatter() {
    Attack attack = HopSkipJump.standard(150).restarts(2);
    ThreatModel threat = ThreatModel.l2(0.3);
    List<Sample> together = run(attack, threat);
    assertThat(run(attack, threat, 0, POINTS, 2)).isEqualTo(together);
    for (int i = 0; i < 6; i++) {
      Sample alone = run(attack, threat, i, i + 1, 1).get(0);
      assertThat(alone.outcome()).isEqualTo(together.get(i).outcome());
      assertThat(alone.queries()).isEqualTo(together.get(i).queries());
    }
  }

  /** With room enough a sample falls to its start, at a handful of queries. */
  @Test
  void fallsAtOnceWhereTheBallIsLarge() {
    for (String name : List.of("boundary", "hopskipjump", "geoda", "sign-opt", "opt", "surfree")) {
      assertThat(run(Attacks.parse(name), ThreatModel.l2(13)))
          .as(name)
          .allMatch(s -> fell(s) && s.queries() <= 4 * 40);
    }
  }

  /** Points a hair apart are one and the same in bfloat16. */
  @Test
  void asksInFloat32Always() {
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      Tensor x = inputs();
      AttackResult result =
          new AttackDriver(MODEL, ThreatModel.smallest(Norm.L2), one)
              .withPrecision(Precision.BFLOAT16)
              .run(
                  HopSkipJump.standard(30),
                  x.slice(0, 0, 1),
                  Arrays.copyOf(labels(x), 1),
                  new long[] {0},
                  SEED);
      assertThat(result.precision()).isEqualTo(Precision.FLOAT32.text());
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThatThrownBy(() -> run(Boundary.standard(5), ThreatModel.linf(0.1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a threat model of l2");
    assertThatThrownBy(() -> run(RayS.standard(5), ThreatModel.l2(0.1)))
        .hasMessageContaining("a threat model of linf");
    assertThatThrownBy(() -> Attacks.parse("hopskipjump[queries=0,gamma=0,start=nowhere]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("queries", "gamma", "start");
    assertThatThrownBy(() -> Attacks.parse("rays[start=images]")).hasMessageContaining("start");
    assertThatThrownBy(() -> new GeoDa(Effort.queries(9), -1, 2, 0))
        .hasMessageContainingAll("sigma", "frequencies", "lambda");
    assertThatThrownBy(() -> new Effort(0, Start.AUTO, 0))
        .hasMessageContainingAll("queries", "restarts");
  }

  @ParameterizedTest
  @CsvSource({
    "boundary",
    "'boundary[queries=7,orthogonal_step=0.1,source_step=0.2,adaptation=2.0]'",
    "'hopskipjump[first_estimate=50,most_estimate=99,gamma=10.0,start=images,restarts=3]'",
    "'geoda[sigma=0.01,frequencies=0.5,lambda=0.7]'",
    "'sign-opt[neighbours=20,alpha=0.5,beta=0.01,start=salt-and-pepper]'",
    "opt",
    "'rays[queries=99,tolerance=0.01]'",
    "'surfree[angles=1,widest=20.0,memory=10,frequencies=1.0]'",
    "'pointwise[start=gaussian]'",
    "'salt-and-pepper[queries=33]'",
    "blended-images",
    "gaussian-ladder"
  })
  void keysAreCanonical(String key) {
    assertThat(Attacks.parse(key).key()).isEqualTo(key);
  }
}
