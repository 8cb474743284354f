package io.holdfast.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * The lifetime of the tensors made on one thread: every result of an operation belongs to the
 * innermost open scope of its thread and is freed when that scope closes.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *   Tensor y = x.mul(2).relu();
 *   return scope.keep(y); // now owned by the enclosing scope
 * }
 * }</pre>
 *
 * <p>A scope is used by the thread that opened it, and closed innermost first; anything else fails
 * with {@link IllegalStateException}.
 */
public final class Scope extends TensorOwner {
  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

  private final @Nullable Scope outer = CURRENT.get();
  private final Thread thread = Thread.currentThread();
  private final PointerScope pointers;
  private final List<TensorOwner> pinned = new ArrayList<>(2);
  private @Nullable List<Object> held;
  private int foreignPins;

  private Scope() {
    Engine.load();
    Memory.check();
    pointers = new PointerScope();
    CURRENT.set(this);
    DeviceCheck.end();
  }

  /** Opens a scope on this thread, inside the one that is innermost now. */
  public static Scope open() {
    return new Scope();
  }

  /** An owner that is bound to no thread, for weights and for results that cross threads. */
  public static SharedScope shared() {
    Engine.load();
    return new SharedScope();
  }

  /** Runs {@code work} in a scope of its own; only the result survives, in the enclosing scope. */
  public static Tensor tidy(Supplier<Tensor> work) {
    try (Scope scope = open()) {
      return scope.keep(work.get());
    }
  }

  /** The innermost open scope of this thread. */
  static Scope current() {
    Scope scope = CURRENT.get();
    if (scope == null) {
      throw new IllegalStateException(
          "no scope is open on thread "
              + Thread.currentThread().getName()
              + "; wrap the work in try (Scope scope = Scope.open()) { ... }");
    }
    return scope;
  }

  /** The innermost open scope of this thread, or null. */
  static @Nullable Scope innermost() {
    return CURRENT.get();
  }

  // ---- owners whose memory must stay while this scope is open

  /** Whether this scope or one around it has pinned {@code owner}. */
  boolean pins(TensorOwner owner) {
    for (Scope s = this; s != null; s = s.outer) {
      for (int i = s.pinned.size() - 1; i >= 0; i--) {
        if (s.pinned.get(i) == owner) { // identity is what a pin is about
          return true;
        }
      }
    }
    return false;
  }

  void addPin(TensorOwner owner) {
    pinned.add(owner);
  }

  /** How many open scopes of this thread have pinned {@code owner}. */
  static int pinsOfThisThread(TensorOwner owner) {
    int count = 0;
    for (Scope s = CURRENT.get(); s != null; s = s.outer) {
      count += s.pinned.contains(owner) ? 1 : 0;
    }
    return count;
  }

  @Override
  void use(String what) {
    requireOpen(what);
    if (Thread.currentThread() == thread) {
      return;
    }
    Scope user = CURRENT.get();
    if (user == null || user.pins(this)) {
      return;
    }
    synchronized (pinned) {
      requireOpen(what);
      foreignPins++;
    }
    user.addPin(this);
  }

  @Override
  void unpin() {
    synchronized (pinned) {
      foreignPins--;
      pinned.notifyAll();
    }
  }

  /** Waits until no other thread's open scope has used this one's tensors. */
  private void awaitForeignUsers() {
    boolean interrupted = false;
    synchronized (pinned) {
      markClosed();
      while (foreignPins > 0) {
        try {
          pinned.wait();
        } catch (InterruptedException e) {
          interrupted = true; // freeing now would crash the other thread
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Hands {@code tensor} to the enclosing scope: the returned tensor shares its storage and its
   * place on the tape.
   *
   * @throws IllegalStateException if there is no enclosing scope
   */
  public Tensor keep(Tensor tensor) {
    requireInnermost();
    if (outer == null) {
      throw new IllegalStateException(
          "keep needs an enclosing scope; use SharedScope.adopt for tensors that outlive all scopes");
    }
    return keepIn(outer, tensor);
  }

  /** As {@link #keep}, in any scope of this thread around this innermost one, or in itself. */
  Tensor keepIn(Scope around, Tensor tensor) {
    org.bytedeco.pytorch.Tensor own = detached(tensor);
    around.pointers.attach(own);
    own.releaseReference();
    return new Tensor(own, around, tensor.place());
  }

  /** Hands what native code calls, made in this innermost scope, to a scope around it. */
  void keepIn(Scope around, Pointer callback) {
    callback.retainReference();
    pointers.detach(callback);
    around.pointers.attach(callback);
    callback.releaseReference();
    around.hold(callback);
  }

  /** Keeps a Java object reachable until this scope closes (callbacks that native code calls). */
  void hold(Object object) {
    if (held == null) {
      held = new ArrayList<>();
    }
    held.add(object);
  }

  /** A handle on the same native tensor that no scope frees; its reference count is one. */
  org.bytedeco.pytorch.Tensor detached(Tensor tensor) {
    org.bytedeco.pytorch.Tensor own =
        new org.bytedeco.pytorch.Tensor(tensor.handle()).retainReference();
    pointers.detach(own);
    return own;
  }

  private void requireInnermost() {
    requireOpen("a scope");
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          "a scope opened by thread "
              + thread.getName()
              + " was used by thread "
              + Thread.currentThread().getName());
    }
    if (CURRENT.get() != this) {
      throw new IllegalStateException("scopes are used and closed innermost first");
    }
  }

  /**
   * Frees every tensor of this scope. While a scope of another thread is open that has used one of
   * them, closing waits.
   */
  @Override
  public void close() {
    if (!isOpen()) {
      return;
    }
    requireInnermost();
    DeviceCheck.end();
    awaitForeignUsers();
    CURRENT.set(outer);
    pointers.close();
    pinned.forEach(TensorOwner::unpin);
    held = null;
  }
}
