package io.holdfast.threat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.data.image.RandomCorruption;
import io.holdfast.data.image.RandomCorruption.Types;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommonCorruptionsTest {
  private static final long[] SHAPE = {3, 9, 12};
  private static final List<Seed> SEEDS =
      LongStream.range(0, 60).mapToObj(new Seed(1)::split).toList();
  private static final CommonCorruptions THREE = new CommonCorruptions(3);

  private static float[] image(Domain domain) {
    try (Scope scope = Scope.open()) {
      return Rng.of(new Seed(2)).uniform(domain.low(), domain.high(), SHAPE).toFloats();
    }
  }

  private static double[] widen(float... values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @Test
  void anImageBelongsToItsOwnThreeNumbersAlone() {
    float[] clean = image(Domain.UNIT);
    float[] made = {0, 3, 77}; // gaussian noise
    double[] x = widen(clean);
    double[] y = widen(CommonCorruptions.corrupt(clean, SHAPE, made, Domain.UNIT));
    assertThat(THREE.contains(x, y, SHAPE, widen(made), Domain.UNIT)).isTrue();
    assertThat(new CommonCorruptions(2).contains(x, y, SHAPE, widen(made), Domain.UNIT)).isFalse();
    for (double[] other :
        new double[][] {
          {0, 3, 78}, {1, 3, 77}, {0, 2, 77}, {0, 2.5, 77}, {0.5, 3, 77}, {-1, 3, 77},
          {0, -3, 77}, {0, 3, -1}, {0, 3, 1 << 24}, {15, 3, 77}, {Double.NaN, 3, 77}, {0, 3}
        }) {
      assertThat(THREE.contains(x, y, SHAPE, other, Domain.UNIT)).isFalse();
    }
    y[5] += 1e-4;
    assertThat(THREE.contains(x, y, SHAPE, widen(made), Domain.UNIT)).isFalse();
    assertThat(THREE.contains(x, x, SHAPE, new double[] {4, 0, 9}, Domain.UNIT)).isTrue();
    assertThat(THREE.contains(x, y, new long[] {1, 18, 18}, widen(made), Domain.UNIT)).isFalse();
  }

  /** What training makes of an image lies in the set, with the numbers that were drawn for it. */
  @Test
  void corruptionsOfTrainingAreMembers() {
    double[] clean = widen(image(Domain.UNIT));
    for (Types kind : Types.values()) {
      List<Corruption> types =
          switch (kind) {
            case COMMON -> Corruption.COMMON;
            case EXTRA -> Corruption.ALL.subList(15, 19);
            case ALL -> Corruption.ALL;
          };
      CommonCorruptions set = new CommonCorruptions(3, kind != Types.COMMON);
      int changed = 0;
      Set<Corruption> seen = EnumSet.noneOf(Corruption.class);
      int[] levels = new int[4];
      for (int trial = 0; trial < 400; trial++) {
        Seed seed = new Seed(9).split(trial);
        float[] pixels = image(Domain.UNIT);
        new RandomCorruption(0.3, 3, kind).apply(pixels, 3, 9, 12, seed.generator());
        RandomGenerator drawn = seed.generator();
        if (drawn.nextDouble() >= 0.3) {
          assertThat(pixels).isEqualTo(image(Domain.UNIT));
          continue;
        }
        changed++;
        Corruption type = types.get(drawn.nextInt(types.size()));
        int level = 1 + drawn.nextInt(3);
        seen.add(type);
        levels[level]++;
        double[] numbers = {type.number(), level, drawn.nextInt(CommonCorruptions.DRAWS)};
        assertThat(set.contains(clean, widen(pixels), SHAPE, numbers, Domain.UNIT))
            .as("%s of severity %d", type, level)
            .isTrue();
      }
      assertThat(changed).as("a share of 0.3 of 400").isBetween(85, 155);
      assertThat(seen).as("every type of %s", kind).containsAll(types);
      assertThat(levels[0]).isZero();
      assertThat(Arrays.stream(levels).skip(1)).as("severities 1 to 3").allMatch(n -> n > 20);
    }
  }

  @Test
  void theFourOthersBelongToTheWideSetOnly() {
    float[] clean = image(Domain.UNIT);
    float[] made = {Corruption.SATURATE.number(), 2, 0};
    double[] y = widen(CommonCorruptions.corrupt(clean, SHAPE, made, Domain.UNIT));
    double[] x = widen(clean);
    assertThat(THREE.contains(x, y, SHAPE, widen(made), Domain.UNIT)).isFalse();
    assertThat(new CommonCorruptions(3, true).contains(x, y, SHAPE, widen(made), Domain.UNIT))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, -127.5})
  void everyDomainStandsForTheUnitRange(double low) {
    Domain domain = new Domain(low, low == 0 ? 255 : -low);
    try (Scope scope = Scope.open()) {
      Tensor one = Tensors.of(image(domain), SHAPE).unsqueeze(0); // [1, C, H, W]
      Tensor clean = Tensors.cat(SEEDS.stream().map(s -> one).toList(), 0); // [60, C, H, W]
      CommonCorruptions set = new CommonCorruptions(5, true);
      Region region = set.around(clean, domain);
      Tensor v = region.randomStart(SEEDS);
      Tensor made = region.apply(v);
      boolean[] seen = new boolean[19];
      for (int i = 0; i < SEEDS.size(); i++) {
        double[] variables = v.select(0, i).toDoubles();
        double[] x = clean.select(0, i).toDoubles();
        double[] y = made.select(0, i).toDoubles();
        assertThat(set.contains(x, y, SHAPE, variables, domain)).isTrue();
        seen[(int) variables[0]] = true;
      }
      int types = 0;
      for (boolean type : seen) {
        types += type ? 1 : 0;
      }
      assertThat(types).isGreaterThan(12);
      assertThat(region.apply(region.origin()).sameAs(clean)).isTrue();
    }
  }

  @Test
  void aRegionProjectsAndKeepsWhoStays() {
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared()) {
      Tensor clean = Rng.of(new Seed(3)).uniform(0, 1, 4, 1, 8, 8);
      Region region = THREE.around(clean, Domain.UNIT);
      Tensor v = Tensors.of(new float[] {-2, 9, 5, 3.4f, 1.6f, 7, 99, 2, 1e9f, 4, 3, 2}, 4, 3);
      region.project(v);
      assertThat(v.toFloats()).containsExactly(0, 3, 5, 3, 2, 7, 14, 2, (1 << 24) - 1, 4, 3, 2);
      Tensor before = region.apply(v);
      Tensor stay = Tensors.of(new long[] {1, 3}, 2);
      Tensor expected = before.indexSelect(0, stay);
      Tensor kept = v.indexSelect(0, stay);
      region.retain(stay, owner);
      assertThat(region.apply(kept).sameAs(expected)).isTrue();
      assertThat(region.clean().size(0)).isEqualTo(2);
      assertThatThrownBy(() -> region.step(kept, kept, 1))
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void shortFormsAndSectionsReadBack() {
    ThreatModel three = ThreatModel.parse("corruption:3");
    assertThat(three.set()).isEqualTo(THREE);
    assertThat(three.name()).isEqualTo("corruption:3");
    ThreatModel wide = ThreatModel.parse("corruption:2[extra=true]");
    assertThat(wide.set()).isEqualTo(new CommonCorruptions(2, true));
    assertThat(wide.set().key()).isEqualTo("corruption:2/extra");
    for (ThreatModel threat : List.of(three, wide, ThreatModel.union(three, ThreatModel.linf(0)))) {
      Problems problems = new Problems("test");
      assertThat(ThreatModel.read(threat.toSettings().reader(problems))).isEqualTo(threat);
      problems.throwIfAny();
      assertThat(threat.set().differentiable()).isFalse();
    }
    assertThat(ThreatModel.linf(0.1).set().differentiable()).isTrue();
    assertThat(three.describe()).contains("15 common corruptions").contains("severity 3");
    assertThat(THREE.scaled(0.5)).isEqualTo(new CommonCorruptions(2));
    assertThat(THREE.scaled(2)).isEqualTo(new CommonCorruptions(5));
    assertThatThrownBy(() -> ThreatModel.parse("corruption:6"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("severity");
    assertThatThrownBy(() -> ThreatModel.parse("corruption:2.5"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("severity");
  }

  @Test
  void inputsThatAreNoImagesAreRefused() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> THREE.around(Tensors.zeros(2, 64), Domain.UNIT))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("images");
    }
  }
}
