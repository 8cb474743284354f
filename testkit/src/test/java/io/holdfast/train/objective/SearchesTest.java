package io.holdfast.train.objective;

import static io.holdfast.train.objective.SearchCases.row;
import static io.holdfast.train.objective.TwinCase.N;
import static io.holdfast.train.objective.TwinCase.one;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.Additive;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.SearchCases.Row;
import io.holdfast.train.objective.SearchCases.Sought;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.adversarial.Score;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the search of each objective raises, how far it goes and where it begins. */
@ExtendWith(LeakCheck.class)
class SearchesTest {
  private static final InnerMaximiser INNER =
      new InnerMaximiser(TwinShard.STEPS, List.of(0.4, 0.3), Start.UNIFORM);

  static Stream<Row> all() {
    return SearchCases.all();
  }

  static Stream<Row> ascents() {
    return SearchCases.ascents();
  }

  private static OpenShard shard(Row row, TwinCase c, InnerMaximiser inner, List<Integer> rows) {
    Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
    Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
    boolean images = row.objective().needsImages();
    TwinShard twin = new TwinShard(c, a, b, row.progress(), row.threat(), images);
    return new OpenShard(twin, twin::logits, inner, rows);
  }

  /** What each search found, {@code [N, IN]}. */
  private static List<double[]> found(Row row, TwinCase c, List<Integer> rows) {
    return found(row, c, INNER, rows);
  }

  private static List<double[]> found(
      Row row, TwinCase c, InnerMaximiser inner, List<Integer> rows) {
    try (Scope scope = Scope.open()) {
      OpenShard shard = shard(row, c, inner, rows);
      row.objective().loss(shard);
      assertThat(shard.found()).as("searches").hasSameSizeAs(row.searches());
      return List.copyOf(shard.found());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatASearchFindsIsWorseOnAverageAndWithinItsRadius(Row row) {
    double[] rises = new double[row.searches().size()];
    for (long seed = 0; seed < 20; seed++) {
      TwinCase c = TwinCase.random(seed);
      List<double[]> found = found(row, c, OpenShard.ALL);
      for (int s = 0; s < rises.length; s++) {
        Sought sought = row.searches().get(s);
        for (int i = 0; i < N; i++) {
          double[] clean = one(c.clean(), i);
          double[] x = one(found.get(s), i);
          double[] change = TwinCase.plus(x, clean, -1);
          double reach = sought.own() * (1 + 1e-9);
          assertThat(sought.members(row.threat()))
              .as("sample %d of case %d lies in", i, seed)
              .anyMatch(
                  m ->
                      TwinAscent.distance(sought.ball(m), change)
                          <= sought.ball(m).epsilon() * reach);
          rises[s] += sought.loss().at(c, x, i) - sought.loss().at(c, clean, i);
        }
      }
    }
    assertThat(DoubleStream.of(rises).boxed()).allMatch(rise -> rise > 0);
  }

  @ParameterizedTest
  @MethodSource("ascents")
  void aSearchIsTheAscentOfItsLossFromItsStart(Row row) {
    for (long seed = 0; seed < 5; seed++) {
      TwinCase c = TwinCase.random(seed);
      List<double[]> found = found(row, c, OpenShard.ALL);
      for (int s = 0; s < found.size(); s++) {
        for (int i = 0; i < N; i++) {
          assertThat(one(found.get(s), i))
              .as("search %d, sample %d", s, i)
              .containsExactly(slow(row, row.searches().get(s), c, i), within(1e-6));
        }
      }
    }
  }

  /** Each member's ascent in plain loops; the one that ends highest. */
  private static double[] slow(Row row, Sought sought, TwinCase c, int i) {
    double[] clean = one(c.clean(), i);
    ToDoubleFunction<double[]> loss = far -> sought.loss().at(c, nearer(clean, far, sought), i);
    double[] best = clean;
    double highest = Double.NEGATIVE_INFINITY;
    for (ThreatModel member : sought.members(row.threat())) {
      Additive ball = sought.ball(member);
      double fraction = INNER.fraction(row.threat().members().indexOf(member));
      double[] start = start(member.with(ball), sought.start(), c, i);
      double[] end = TwinAscent.climb(loss, ball, clean, start, INNER.steps(), fraction);
      if (loss.applyAsDouble(end) > highest) {
        highest = loss.applyAsDouble(end);
        best = end;
      }
    }
    return nearer(clean, best, sought);
  }

  private static double[] nearer(double[] clean, double[] far, Sought sought) {
    return TwinCase.plus(clean, TwinCase.plus(far, clean, -1), sought.own());
  }

  private static double[] start(ThreatModel threat, Start start, TwinCase c, int i) {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(c.clean(), N, TwinCase.IN);
      return one(start.of(threat.around(x), TwinShard.seedsOf("inner")).toDoubles(), i);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void samplesThatStayCleanDoNotMoveTheOthers(Row row) {
    List<Integer> some = List.of(1, 3, 4);
    for (long seed = 0; seed < 8; seed++) {
      TwinCase c = TwinCase.random(seed);
      List<double[]> all = found(row, c, OpenShard.ALL);
      List<double[]> part = found(row, c, some);
      for (int s = 0; s < all.size(); s++) {
        for (int i = 0; i < N; i++) {
          double[] expected = one(some.contains(i) ? all.get(s) : c.clean(), i);
          assertThat(one(part.get(s), i)).containsExactly(expected, within(1e-9));
        }
      }
    }
  }

  /** The first of its two steps: from a uniform start along the gradient, back into the box. */
  @Test
  void fastBatBeginsWithAStepAlongTheGradient() {
    Row row = row(new FastBat(0.7, 0.1), SearchCases.CE);
    TwinCase c = TwinCase.random(1);
    double[] found = found(row, c, OpenShard.ALL).get(0);
    for (int i = 0; i < N; i++) {
      int sample = i;
      double[] clean = one(c.clean(), i);
      double[] start = start(SearchCases.BALL, Start.UNIFORM, c, i);
      double[] slope = TwinAscent.slope(x -> SearchCases.ce(c, x, sample), start);
      double[] end = TwinCase.plus(start, slope, 0.7);
      double[] inside =
          IntStream.range(0, end.length)
              .mapToDouble(k -> Math.min(Math.max(end[k], clean[k] - 0.2), clean[k] + 0.2))
              .toArray();
      assertThat(one(found, i)).containsExactly(inside, within(1e-6));
    }
  }

  /** The difference from the clean prediction has no slope there. */
  @Test
  void scoreDoesNotStayAtACleanStart() {
    Row row = row(new Score(4, 0), SearchCases.CE);
    TwinCase c = TwinCase.random(2);
    double[] found = found(row, c, INNER.from(Start.CLEAN), OpenShard.ALL).get(0);
    for (int i = 0; i < N; i++) {
      double[] change = TwinCase.plus(one(found, i), one(c.clean(), i), -1);
      assertThat(DoubleStream.of(change).map(Math::abs).boxed()).allMatch(d -> d > 0.05);
    }
  }

  /** A new objective that searches needs a row; others do not search. */
  @Test
  void everySearchIsKnown() {
    List<String> searching = all().map(r -> r.objective().name()).distinct().toList();
    for (ObjectiveSpec<?> spec : Objectives.describe()) {
      if (spec.usual().adversarial()) {
        assertThat(searching).contains(spec.name());
      } else {
        found(row(spec.usual()), TwinCase.random(0), OpenShard.ALL);
      }
    }
  }
}
