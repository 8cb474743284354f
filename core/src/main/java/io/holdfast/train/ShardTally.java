package io.holdfast.train;

import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Counts predictions of one shard of n samples, K classes.
 *
 * @param labels {@code [n]}, int64
 * @param saved the rows of saved examples
 * @param perturbed rows that were perturbed on the fly, int64 {@code [m]}; null for all
 */
record ShardTally(Tensor labels, SavedRows saved, @Nullable Tensor perturbed) {
  /** Those that are no saved examples, by logits {@code [n, K]}. */
  Tally clean(@Nullable Tensor logits) {
    return logits == null ? Tally.NONE : count(logits, saved.others());
  }

  /** Those that were perturbed only. */
  Tally robust(@Nullable Tensor logits) {
    return logits == null ? Tally.NONE : count(logits, perturbed);
  }

  /** Saved examples: the adversarial ones, which an objective without them has as inputs. */
  Tally library(@Nullable Tensor logits) {
    return logits == null || saved.isEmpty() ? Tally.NONE : count(logits, saved.rows());
  }

  private Tally count(Tensor logits, @Nullable Tensor rows) {
    Tensor z = rows == null ? logits : logits.indexSelect(0, rows); // [m, K]
    Tensor y = rows == null ? labels : labels.indexSelect(0, rows); // [m]
    if (y.count() == 0) {
      return Tally.NONE;
    }
    long correct = (long) z.argmax(1).eq(y).to(DType.INT64).sum().item();
    return new Tally(correct, y.count());
  }
}
