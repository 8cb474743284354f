package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** An attack on images that asks for scores, one {@link Walk} per sample and round. */
public interface ScoreAttack<A extends ScoreAttack<A>> extends ListedAttack<A> {
  /** Most queries per sample and round, at least 1; a smaller query budget cuts them short. */
  int queries();

  /**
   * The search around one sample.
   *
   * @param planned queries that it will have, unless the sample falls before
   * @param clean {@code [D]}
   */
  Walk walk(Canvas canvas, int planned, float[] clean, RandomGenerator random);

  /** Refuses a setting that is out of its range. */
  static void require(String attack, String field, String expected, boolean holds, Number found) {
    if (!holds) {
      throw new InvalidInputException("attack " + attack, field, expected, found.toString());
    }
  }

  /** Refuses a count below 1. */
  static void requireCount(String attack, String field, int found) {
    require(attack, field, "a whole number of at least 1", found >= 1, found);
  }

  /** Refuses a count that is no even one of at least 2. */
  static void requireEven(String attack, String field, int found) {
    boolean even = found >= 2 && found % 2 == 0;
    require(attack, field, "an even whole number of at least 2", even, found);
  }

  /** What is raised: the margin, or towards a target minus its cross-entropy. */
  default Loss loss(boolean targeted) {
    return targeted ? Losses.CE : Losses.CW;
  }

  @Override
  default Knowledge needs() {
    return Knowledge.SCORE;
  }

  @Override
  default void checkInputs(long[] shape) {
    if (shape.length != 3) {
      throw new InvalidInputException(
          "attack " + key(),
          "",
          "a model of images [C, H, W]",
          "one of inputs " + Arrays.toString(shape));
    }
  }

  @Override
  default Tensor perturb(AttackTask task) {
    return ScoreSearch.climb(task, this);
  }
}
