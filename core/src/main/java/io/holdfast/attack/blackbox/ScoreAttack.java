package io.holdfast.attack.blackbox;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * An attack on images within a ball that asks for scores, one {@link Walk} per sample and round.
 */
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

  /** What is raised: the margin, or towards a target minus its cross-entropy. */
  default Losses loss(boolean targeted) {
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
