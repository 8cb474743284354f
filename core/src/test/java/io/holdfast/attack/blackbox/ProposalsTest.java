package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Frame;
import io.holdfast.threat.Norm;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.PixelChanges;
import io.holdfast.threat.SquarePatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What walks ask about, on images that are not square and in a domain that is not [0, 1]. */
class ProposalsTest {
  private static final Domain DOMAIN = new Domain(-1, 1);
  private static final int QUERIES = 300;
  private static final int SIZE = 3 * 7 * 9;

  record Case(ScoreAttack<?> attack, PerturbationSet set) {
    Walk walk(float[] clean) {
      Canvas canvas = new Canvas(3, 7, 9, set, DOMAIN);
      return attack.walk(canvas, QUERIES, clean, new Seed(2).generator());
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (double epsilon : new double[] {0, 0.05, 3}) {
      Additive box = new Additive(Norm.LINF, Math.min(2, epsilon));
      Additive ball = new Additive(Norm.L2, epsilon);
      for (Additive set : List.of(box, ball)) {
        cases.add(new Case(Square.queries(QUERIES), set));
        cases.add(new Case(Nes.SPEC.usual().samples(6), set));
        cases.add(new Case(Spsa.SPEC.usual().samples(6), set));
        cases.add(new Case(Bandits.queries(QUERIES), set));
        cases.add(new Case(Simba.SPEC.usual(), set));
        cases.add(new Case(Simba.SPEC.usual().basis(Simba.Basis.DCT), set));
      }
      cases.add(new Case(GenAttack.SPEC.usual(), box));
      cases.add(new Case(GenAttack.SPEC.usual().adaptive(true).population(2), box));
      cases.add(new Case(Zoo.SPEC.usual().coordinates(5).searches(3), ball));
      cases.add(new Case(Zoo.SPEC.usual().coordinates(5).searches(3).space(2), ball));
    }
    for (int size : new int[] {0, 1, 4, 60, 63, 100}) {
      PixelChanges pixels = new PixelChanges(size);
      cases.add(new Case(OnePixel.SPEC.usual().population(10), pixels));
      for (Pixle.Mapping mapping : Pixle.Mapping.values()) {
        cases.add(new Case(Pixle.SPEC.usual().mapping(mapping), pixels));
      }
      cases.add(new Case(SparseRs.queries(QUERIES), pixels));
      cases.add(new Case(SparseRs.queries(QUERIES), new SquarePatch(size)));
      cases.add(new Case(SparseRs.queries(QUERIES), new Frame(size)));
    }
    return cases.stream();
  }

  private static float[] clean() {
    float[] clean = Drive.clean(new Seed(7), SIZE);
    for (int i = 0; i < SIZE; i++) {
      clean[i] = 2 * clean[i] - 1;
    }
    return clean;
  }

  private static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatCountsIsAdmissibleAndTheRestStaysInTheDomain(Case c) {
    float[] clean = clean();
    float[] before = clean.clone();
    RandomGenerator random = new Seed(3).generator();
    Walk walk = c.walk(clean);
    Drive.drive(
        walk,
        QUERIES,
        5,
        x -> random.nextGaussian(),
        w -> {
          double[] next = widen(w.next);
          for (double value : next) {
            assertThat(value).isBetween(-1.0, 1.0);
          }
          if (w.counts()) {
            assertThat(admits(c.set, before, next)).isTrue();
          }
        });
    assertThat(clean).as("the clean image is left alone").isEqualTo(before);
    if (!(c.attack instanceof Zoo)) {
      assertThat(admits(c.set, before, widen(walk.best))).isTrue();
    }
  }

  private static boolean admits(PerturbationSet set, float[] clean, double[] other) {
    return set.contains(widen(clean), other, new long[] {3, 7, 9}, other, DOMAIN);
  }

  /**
   * A second walk with the same stream, asked about one point at a time, ends at the same image.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void howManyAreAskedAtOnceChangesNothing(Case c) {
    Walk together = c.walk(clean());
    Walk single = c.walk(clean());
    Drive.drive(together, QUERIES, 1000, ProposalsTest::loss, w -> {});
    Drive.drive(single, QUERIES, 1, ProposalsTest::loss, w -> {});
    assertThat(single.best).isEqualTo(together.best);
  }

  private static double loss(float[] x) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += Math.sin(i) * x[i];
    }
    return sum - 5;
  }

  /** In a corner of the domain each value can go one way alone: one query each, in one round. */
  @Test
  void simbaDoesNotAskAboutStepsThatLeadNowhere() {
    float[] corner = clean();
    for (int i = 0; i < SIZE; i++) {
      corner[i] = Math.signum(corner[i]);
    }
    Walk walk = new Case(Simba.SPEC.usual(), new Additive(Norm.L2, 30)).walk(corner);
    Set<Integer> changed = new HashSet<>();
    Drive.drive(
        walk,
        SIZE + 1,
        1,
        x -> Arrays.equals(x, corner) ? 1 : 0,
        w -> changed.add(Arrays.mismatch(w.next, corner)));
    assertThat(changed).hasSize(SIZE + 1).contains(-1, 0, SIZE - 1);
  }

  /** Where no direction leads anywhere the search is at its end: two questions, not 300. */
  @Test
  void simbaEndsWhereNoStepLeadsAnywhere() {
    Walk walk = new Case(Simba.SPEC.usual(), new Additive(Norm.L2, 0)).walk(clean());
    int[] asked = {0};
    Drive.drive(walk, QUERIES, 1, x -> 1, w -> asked[0]++);
    assertThat(asked[0]).isEqualTo(2);
    assertThat(walk.ahead()).isZero();
  }

  /** The loss of the best point never falls, and random search finds better ones. */
  @ParameterizedTest
  @MethodSource("cases")
  void theBestPointIsTheOneOfHighestLoss(Case c) {
    if (c.attack instanceof Zoo) {
      return; // keeps the nearest
    }
    Walk walk = c.walk(clean());
    double[] highest = {Double.NEGATIVE_INFINITY};
    Drive.drive(
        walk,
        QUERIES,
        1000,
        ProposalsTest::loss,
        w -> highest[0] = w.counts() ? Math.max(highest[0], loss(w.next)) : highest[0]);
    assertThat(walk.highest()).isEqualTo(highest[0]);
    assertThat(loss(walk.best)).isEqualTo(highest[0]);
    if (c.set.epsilon() > 0) {
      assertThat(highest[0]).isGreaterThan(loss(clean()));
    }
  }

  @Test
  void pixleOnlyRearranges() {
    float[] clean = clean();
    List<String> colours = new ArrayList<>();
    for (int p = 0; p < 63; p++) {
      colours.add(colour(clean, p));
    }
    Walk walk = new Case(Pixle.SPEC.usual(), new PixelChanges(12)).walk(clean);
    Drive.drive(
        walk,
        QUERIES,
        10,
        ProposalsTest::loss,
        w -> {
          for (int p = 0; p < 63; p++) {
            assertThat(colours).contains(colour(w.next, p));
          }
        });
    assertThat(walk.best).isNotEqualTo(clean);
  }

  private static String colour(float[] image, int pixel) {
    return image[pixel] + "/" + image[63 + pixel] + "/" + image[126 + pixel];
  }

  /** Every value that a proposal of Sparse-RS changes is at an end of the domain. */
  @Test
  void sparsePixelsAreCornersOfTheColourCubeAndChangeFewerAndFewer() {
    float[] clean = clean();
    Walk walk = new Case(SparseRs.queries(QUERIES), new PixelChanges(20)).walk(clean);
    int[] query = {0};
    Drive.drive(
        walk,
        QUERIES,
        1,
        ProposalsTest::loss,
        w -> {
          int moved = 0;
          for (int p = 0; p < 63; p++) {
            boolean painted = !w.canvas.samePixel(w.next, clean, p);
            for (int c = 0; c < 3 && painted; c++) {
              assertThat(Math.abs(w.next[63 * c + p])).isEqualTo(1);
            }
            moved += w.canvas.samePixel(w.next, w.best, p) ? 0 : 1;
          }
          double share = Schedule.PIXELS.share(0.3, query[0], QUERIES, true);
          int most = query[0] == 0 ? 20 : 2 * Math.max(1, (int) (share * 20));
          assertThat(moved).isLessThanOrEqualTo(most);
          query[0]++;
        });
  }

  @Test
  void theSchedulesAreThePapers() {
    assertThat(Schedule.PIXELS.share(0.3, 0, 10_000, true)).isEqualTo(0.3);
    assertThat(Schedule.PIXELS.share(0.3, 1, 10_000, true)).isEqualTo(0.3 / 2);
    assertThat(Schedule.PIXELS.share(0.3, 51, 10_000, true)).isEqualTo(0.3 / 4);
    assertThat(Schedule.PIXELS.share(0.3, 4001, 10_000, true)).isEqualTo(0.3 / 12);
    assertThat(Schedule.PIXELS.share(0.3, 9000, 10_000, false)).isEqualTo(0.3 / 20);
    assertThat(Schedule.REGIONS.share(0.4, 10, 10_000, true)).isEqualTo(0.4);
    assertThat(Schedule.REGIONS.share(0.4, 1500, 10_000, true)).isEqualTo(0.4 / 32);
    assertThat(Schedule.REGIONS.share(0.4, 3500, 10_000, true)).isEqualTo(0.4 / 32);
    assertThat(Schedule.REGIONS.share(0.4, 900, 1000, true)).isEqualTo(0.4 / 128);
  }
}
