package io.holdfast.attack.gradient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The step lengths of Auto-PGD. */
class HalvingTest {
  /** The checkpoints of 100 steps, from the paper's formula by hand. */
  private static final List<Integer> OF_A_HUNDRED = List.of(22, 41, 57, 70, 80, 87, 93, 99);

  /**
   * Croce and Hein 2020, section 3.1, from a whole curve of losses: after which steps the length is
   * halved, checking {@code checkpoints}.
   */
  private static List<Integer> halved(double[] loss, List<Integer> checkpoints, double rho) {
    List<Integer> halved = new ArrayList<>();
    for (int j = 0; j < checkpoints.size(); j++) {
      int from = j == 0 ? 0 : checkpoints.get(j - 1);
      int to = checkpoints.get(j);
      int rises = 0;
      for (int i = from + 1; i <= to; i++) {
        rises += loss[i] > loss[i - 1] ? 1 : 0;
      }
      boolean few = rises <= rho * (to - from);
      boolean kept = j > 0 && !halved.contains(from);
      if (few || (kept && highest(loss, to) == highest(loss, from))) {
        halved.add(to);
      }
    }
    return halved;
  }

  private static double highest(double[] loss, int until) {
    double highest = loss[0];
    for (int i = 1; i <= until; i++) {
      highest = Math.max(highest, loss[i]);
    }
    return highest;
  }

  /** Random walks that rise with some probability, or saw-teeth that rise long and fall deep. */
  private static double[] curve(RandomGenerator random) {
    double[] loss = new double[101];
    double rising = random.nextDouble();
    boolean teeth = random.nextInt(3) == 0;
    for (int i = 1; i < loss.length; i++) {
      boolean up = teeth ? random.nextInt(20) > 0 : random.nextDouble() < rising;
      loss[i] = loss[i - 1] + (up ? 1 : teeth ? -30 : -1) * random.nextDouble();
    }
    return loss;
  }

  @Test
  void halvesWhereTheSlowTwinDoes() {
    RandomGenerator random = new Seed(3).generator();
    int standing = 0;
    for (int n = 0; n < 300; n++) {
      double[] loss = curve(random);
      double rho = n % 3 == 0 ? 0.5 : 0.75;
      List<Integer> expected = halved(loss, OF_A_HUNDRED, rho);
      standing += expected.size() < OF_A_HUNDRED.size() ? 1 : 0;
      Halving halving = new Halving(100, rho, 8);
      List<Integer> found = new ArrayList<>();
      for (int i = 0; i <= 100; i++) {
        if (halving.next(loss[i], highest(loss, i))) {
          found.add(i);
        }
      }
      assertThat(found).isEqualTo(expected);
      assertThat(halving.length()).isEqualTo(8 / Math.pow(2, expected.size()));
    }
    assertThat(standing).as("curves that keep a length somewhere").isBetween(50, 299);
  }

  /** A loss that always falls is halved at every checkpoint, wherever that is. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 10, 37, 100, 250})
  void checkpointsAreRoundedUpAndNeverTwice(int steps) {
    Halving halving = new Halving(steps, 0.75, 1);
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i <= steps; i++) {
      if (halving.next(-i, 0)) {
        found.add(i);
      }
    }
    List<Integer> expected =
        OF_A_HUNDRED.stream().map(p -> (int) Math.ceil(p * steps / 100.0)).distinct().toList();
    assertThat(found).isEqualTo(expected);
  }

  @Test
  void sparsityFollowsTheBestPoint() {
    Sparsity sparsity = new Sparsity(6, 300);
    assertThat(sparsity.moved()).isEqualTo(200);
    assertThat(sparsity.next(290)).as("300 to 290 is not 5% less").isFalse();
    assertThat(sparsity.length()).isEqualTo(4);
    for (int i = 0; i < 10; i++) {
      assertThat(sparsity.next(290)).isFalse();
    }
    assertThat(sparsity.length()).as("a tenth of the radius").isCloseTo(0.6, within(1e-12));
    assertThat(sparsity.next(150)).as("sparser").isTrue();
    assertThat(sparsity.length()).isEqualTo(6);
    assertThat(sparsity.moved()).isEqualTo(100);
  }

  @Test
  void aStartOfUnknownSparsityMovesAFifth() {
    Sparsity sparsity = Sparsity.unknown(6, 1000);
    assertThat(sparsity.moved()).isEqualTo(200);
    assertThat(sparsity.next(930)).as("sparser than all of them").isTrue();
    assertThat(sparsity.moved()).isEqualTo(620);
  }
}
