package io.holdfast.attack.blackbox.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every walk against half spaces, where the smallest change is known in closed form. */
class DecisionWalksTest {
  private static final int SIDE = 12;
  private static final int PLANES = 9;
  private static final Seed SEED = new Seed(3);

  private static Arguments row(String name, DecisionAttack<?> attack, Norm norm, double factor) {
    return Arguments.of(name, attack, norm, factor);
  }

  /** With the factor over the smallest change within which 4,000 queries come, in the median. */
  static Stream<Arguments> walks() {
    return Stream.of(
        row("boundary", Boundary.standard(1), Norm.L2, 1.6),
        row("hopskipjump", HopSkipJump.standard(1), Norm.L2, 1.1),
        row("hopskipjump", HopSkipJump.standard(1), Norm.LINF, 1.2),
        row("geoda", GeoDa.standard(1).frequencies(1), Norm.L2, 1.15),
        row("geoda", GeoDa.standard(1).frequencies(1), Norm.LINF, 1.2),
        row("geoda", GeoDa.standard(1).frequencies(1), Norm.L1, 1.5),
        row("sign-opt", SignOpt.standard(SignOpt.Kind.SIGN, 1), Norm.L2, 1.05),
        row("sign-opt", SignOpt.standard(SignOpt.Kind.SIGN, 1), Norm.LINF, 1.7),
        row("opt", SignOpt.standard(SignOpt.Kind.VALUE, 1), Norm.L2, 1.4),
        row("surfree", SurFree.standard(1).frequencies(1), Norm.L2, 1.05),
        row("rays", RayS.standard(1), Norm.LINF, 1.1));
  }

  /** Half spaces whose smallest change is far from the faces of the box in L-infinity and L2. */
  private static List<Oracle.Plane> planes(int size) {
    List<Oracle.Plane> planes = new ArrayList<>();
    RandomGenerator random = SEED.split("planes").generator();
    for (int p = 0; p < PLANES; p++) {
      List<Double> w = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        w.add(random.nextGaussian());
      }
      double middle = w.stream().mapToDouble(v -> v / 2).sum();
      double length = Math.sqrt(w.stream().mapToDouble(v -> v * v).sum());
      planes.add(new Oracle.Plane(w, middle + 0.5 * length));
    }
    return planes;
  }

  /** The median over planes of what was found over the smallest change. */
  private static double excess(DecisionAttack<?> attack, Norm norm) {
    Space space = Oracle.space(norm, 1, SIDE, SIDE);
    List<Oracle.Plane> planes = planes(space.size());
    double[] parts = new double[PLANES];
    for (int p = 0; p < PLANES; p++) {
      Walk walk = Oracle.run(attack, space, SEED.split(p), planes.get(p));
      parts[p] = walk.distance() / planes.get(p).distance(norm);
      assertThat(planes.get(p).test(walk.nearest())).isTrue();
      assertThat(parts[p]).isGreaterThan(1 - 1e-5);
    }
    Arrays.sort(parts);
    return parts[PLANES / 2];
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("walks")
  void distancesFallWithQueriesTowardsTheSmallest(
      String name, DecisionAttack<?> attack, Norm norm, double factor) {
    double last = Double.POSITIVE_INFINITY;
    for (int queries : new int[] {150, 700, 4000}) {
      double now = excess(attack.queries(queries), norm);
      assertThat(now).as("%s with %d queries", name, queries).isLessThan(last);
      last = now;
    }
    assertThat(last).isLessThan(factor);
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("walks")
  void budgetsAreSpentToTheLast(String name, DecisionAttack<?> attack, Norm norm, double ignored) {
    Space space = Oracle.space(norm, 1, SIDE, SIDE);
    Oracle.Plane plane = planes(space.size()).get(0);
    for (int queries : new int[] {1, 2, 7, 64, 333}) {
      Walk walk =
          Oracle.walk(attack.queries(queries), space, Oracle.middle(space.size()), SEED, List.of());
      int asked = Oracle.run(walk, plane);
      assertThat(asked).isLessThanOrEqualTo(queries).isGreaterThan(queries - 40);
      assertThat(walk.left()).isEqualTo(queries - asked);
    }
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("walks")
  void nothingIsFoundWhereThereIsNothing(
      String name, DecisionAttack<?> attack, Norm norm, double ignored) {
    Space space = Oracle.space(norm, 1, 4, 4);
    Walk walk = Oracle.run(attack.queries(2000), space, SEED, x -> false);
    assertThat(walk.distance()).isInfinite();
    assertThat(walk.nearest()).isEqualTo(Oracle.middle(16));
  }

  /** Where all but the clean input reaches the goal, walks come near and end. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("walks")
  void everythingAroundIsNoTrap(String name, DecisionAttack<?> attack, Norm norm, double ignored) {
    Space space = Oracle.space(norm, 3, 4, 4);
    float[] clean = Oracle.middle(space.size());
    Walk walk = Oracle.run(attack.queries(3000), space, SEED, x -> !Arrays.equals(x, clean));
    assertThat(walk.distance()).isPositive().isLessThan(0.05 * Math.sqrt(48));
  }

  /** Five of the pixels matter, each by the same weight; three of them cross. */
  @Test
  void pointwiseChangesAsFewValuesAsItMust() {
    Space space = Oracle.space(Norm.L0, 1, SIDE, SIDE);
    List<Double> w = new ArrayList<>();
    for (int i = 0; i < space.size(); i++) {
      w.add(i % 29 == 3 ? 1.0 : 0.0);
    }
    Oracle.Plane plane = new Oracle.Plane(w, 2.5 + 1.2);
    Walk walk = Oracle.run(Pointwise.standard(2000), space, SEED, plane);
    assertThat(walk.distance()).isEqualTo(3);
    Space little = Oracle.space(Norm.L1, 1, SIDE, SIDE);
    Walk small = Oracle.run(Pointwise.standard(2000), little, SEED, plane);
    assertThat(small.distance()).isBetween(1.2, 1.205);
  }
}
