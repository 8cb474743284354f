package io.holdfast.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * An owner that is bound to no thread: weights, and results that a worker hands back. Reading its
 * tensors from many threads is safe; it is closed only when no thread uses them any more.
 */
public final class SharedScope extends TensorOwner {
  private final List<org.bytedeco.pytorch.Tensor> owned = new ArrayList<>();

  SharedScope() {}

  /**
   * Takes a share of {@code tensor}: the returned tensor has the same storage and lives until this
   * owner closes. The tape behind it is cut off.
   */
  public Tensor adopt(Tensor tensor) {
    return own(tensor, true);
  }

  /** As {@link #adopt}, but keeps the tape. */
  public Tensor adoptWithTape(Tensor tensor) {
    return own(tensor, false);
  }

  private Tensor own(Tensor tensor, boolean cut) {
    requireOpen("a shared scope");
    try (Scope scope = Scope.open()) {
      org.bytedeco.pytorch.Tensor own = scope.detached(cut ? tensor.detach() : tensor);
      synchronized (owned) {
        owned.add(own);
      }
      return new Tensor(own, this);
    }
  }

  @Override
  public void close() {
    synchronized (owned) {
      if (!markClosed()) {
        return;
      }
      for (org.bytedeco.pytorch.Tensor t : owned) {
        t.close();
      }
      owned.clear();
    }
  }
}
