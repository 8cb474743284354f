package io.holdfast.attack;

import io.holdfast.model.PatchLogits;
import io.holdfast.model.Patches;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counted queries of a search that changes its best images in one patch each, answered the faster
 * way where the model has one. A query counts as one, however it is answered. Shapes: n samples in
 * the task.
 */
public final class PatchQueries implements AutoCloseable {
  private final AttackTask task;
  private final @Nullable PatchLogits fast;
  private boolean known; // whether the fast way holds the best images
  private boolean asked; // whether it answered the last query

  PatchQueries(AttackTask task, @Nullable PatchLogits fast) {
    this.task = task;
    this.fast = task.threat().set() instanceof Additive ? fast : null;
  }

  /**
   * Logits {@code [n, K]}, as {@link AttackTask#logits}.
   *
   * @param x {@code [n, C, H, W]}
   * @param changed where they may differ from the best images; null for everywhere
   * @param best those
   */
  public Tensor logits(Tensor x, @Nullable Patches changed, Supplier<Tensor> best) {
    asked = fast != null && changed != null && fast.pays(changed.height(), changed.width());
    if (!asked) {
      return task.logits(x);
    }
    PatchLogits way = Objects.requireNonNull(fast);
    Patches where = Objects.requireNonNull(changed);
    if (!known) {
      way.begin(best.get());
      known = true;
    }
    return task.counted(() -> way.logits(x, where));
  }

  /** Says which of the images asked about are the best ones now; after every query. */
  public void accept(boolean[] taken) {
    if (asked) {
      Objects.requireNonNull(fast).accept(taken);
    } else {
      for (boolean one : taken) {
        known &= !one;
      }
    }
  }

  /** Goes on with those who stay; after {@link #accept}. */
  public void retain(AttackTask.Stay stay) {
    Tensor positions = stay.positions();
    if (known && positions != null) {
      Objects.requireNonNull(fast).retain(positions);
    }
  }

  @Override
  public void close() {
    if (fast != null) {
      fast.close();
    }
  }
}
