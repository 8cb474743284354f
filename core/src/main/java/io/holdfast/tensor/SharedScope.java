package io.holdfast.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * An owner that is bound to no thread: weights, and results that a worker hands back. Reading its
 * tensors from many threads is safe where each has a scope open, also while one of them closes it:
 * from then on every use fails with a message, and the memory is freed when the last scope that had
 * used it is closed.
 */
public final class SharedScope extends TensorOwner {
  private final List<org.bytedeco.pytorch.Tensor> owned = new ArrayList<>();
  private int pins;

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
    try (Scope scope = Scope.open()) {
      Tensor source = cut ? tensor.detach() : tensor;
      synchronized (owned) {
        requireOpen("a shared scope");
        org.bytedeco.pytorch.Tensor own = scope.detached(source);
        owned.add(own);
        return new Tensor(own, this, source.place());
      }
    }
  }

  @Override
  void use(String what) {
    requireOpen(what);
    Scope user = Scope.innermost();
    if (user == null || user.pins(this)) {
      return;
    }
    synchronized (owned) {
      requireOpen(what);
      pins++;
    }
    user.addPin(this);
  }

  @Override
  void unpin() {
    synchronized (owned) {
      pins--;
      if (!isOpen() && pins == 0) {
        free();
      }
    }
  }

  /** Closes this owner; its memory is freed as soon as no open scope has used it. */
  @Override
  public void close() {
    synchronized (owned) {
      if (markClosed() && pins == Scope.pinsOfThisThread(this)) {
        free();
      }
    }
  }

  private void free() {
    owned.forEach(org.bytedeco.pytorch.Tensor::close);
    owned.clear();
  }
}
