package io.holdfast.attack;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * What an attacker maximises, as a function of the logits. Shapes: N batch, K classes; all float32
 * and off the tape, so that the tape and compiled plans are interchangeable.
 */
public interface Loss {
  /** The name in files and keys, such as {@code ce}. */
  String key();

  /** Fewest classes for which the loss is defined. */
  default int minClasses(boolean targeted) {
    return 2;
  }

  /**
   * Fewest classes for which the loss is the published one; with fewer it is defined otherwise or
   * not at all.
   */
  default int publishedClasses(boolean targeted) {
    return minClasses(targeted);
  }

  /**
   * Whether its slope at the clean input is 0 where no class is wanted, so that a search that sets
   * out there gets nowhere.
   */
  default boolean flatAtSource() {
    return false;
  }

  /**
   * The loss of one step. One that has random numbers in it gives itself with those numbers drawn;
   * the others give themselves.
   *
   * @param seeds of this step, one per sample
   * @param classes K
   */
  default Loss drawn(List<Seed> seeds, int classes) {
    return this;
  }

  /** The loss of each sample, {@code [N]}, from {@code logits [N, K]}. */
  Tensor value(Tensor logits, Reference reference);

  /**
   * Its derivative with respect to the logits, {@code [N, K]}: row i is that of sample i's loss.
   */
  Tensor cotangent(Tensor logits, Reference reference);
}
