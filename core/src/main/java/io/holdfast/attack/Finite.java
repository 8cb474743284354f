package io.holdfast.attack;

import io.holdfast.common.HoldfastException;
import io.holdfast.tensor.Tensor;

/**
 * Non-finite numbers hide in attacks: the sign of NaN is 0, a step stalls, and the point looks
 * robust. So every pass is checked.
 */
public final class Finite {
  private Finite() {}

  /**
   * Checks the result of one pass.
   *
   * @param what such as {@code input gradient}
   * @param ids of the samples, one per row
   * @throws HoldfastException naming the first sample whose row is not finite
   */
  public static void require(Tensor rows, String what, long[] ids, String where) {
    if (rows.allFinite()) {
      return;
    }
    boolean[] fine = rows.reshape(rows.size(0), -1).isFinite().toBooleans();
    int width = fine.length / ids.length;
    for (int i = 0; i < fine.length; i++) {
      if (!fine[i]) {
        throw new HoldfastException(
            where
                + ": the "
                + what
                + " of sample "
                + ids[i / width]
                + " is not finite (NaN or infinity); a robustness figure from it would be false."
                + " Check the model's weights and the range of its inputs");
      }
    }
  }
}
