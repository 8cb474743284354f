package io.holdfast.attack;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * What a loss compares logits with. Shapes: N batch, K classes.
 *
 * @param labels true classes {@code [N]}, int64
 * @param targets wanted classes {@code [N]}, int64, or null where any wrong class will do
 * @param probabilities those of the clean inputs {@code [N, K]}, for {@link Losses#KL}, or null;
 *     the driver of attacks always gives them
 */
public record Reference(Tensor labels, @Nullable Tensor targets, @Nullable Tensor probabilities) {
  /** Away from these classes. */
  public static Reference labels(Tensor labels) {
    return new Reference(labels, null, null);
  }

  /** Towards these targets. */
  public static Reference targets(Tensor labels, Tensor targets) {
    return new Reference(labels, targets, null);
  }

  /**
   * The same for a batch in which all samples stand {@code times} times over, one after the other.
   */
  public Reference times(int times) {
    return times == 1
        ? this
        : new Reference(
            repeat(labels, times),
            targets == null ? null : repeat(targets, times),
            probabilities == null ? null : repeat(probabilities, times));
  }

  /** The same for some of the samples, at {@code rows [M]}, int64. */
  public Reference at(Tensor rows) {
    return new Reference(
        labels.indexSelect(0, rows),
        targets == null ? null : targets.indexSelect(0, rows),
        probabilities == null ? null : probabilities.indexSelect(0, rows));
  }

  private static Tensor repeat(Tensor rows, int times) {
    return Tensors.cat(Collections.nCopies(times, rows), 0);
  }

  /** Away from the prediction on the clean inputs. */
  public static Reference probabilities(Tensor labels, Tensor probabilities) {
    return new Reference(labels, null, probabilities);
  }
}
