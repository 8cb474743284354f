package io.holdfast.tensor;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What a tensor's lifetime hangs on. After it was closed, using one of its tensors fails and names
 * the place that closed it. Native memory that a scope of another thread has used is freed only
 * when that scope is closed too, so that no thread ever reads freed memory.
 */
public abstract sealed class TensorOwner implements AutoCloseable permits Scope, SharedScope {
  private static final AtomicLong OPEN = new AtomicLong();
  private static final boolean TRACE = Boolean.getBoolean("holdfast.leakcheck");
  private static final Map<TensorOwner, StackTraceElement> PLACES = new ConcurrentHashMap<>();
  private static final Set<String> OWN_CLASSES =
      Set.of(
          TensorOwner.class.getName(),
          Scope.class.getName(),
          SharedScope.class.getName(),
          TensorData.class.getName());
  private static final StackWalker WALKER = StackWalker.getInstance();

  private volatile @Nullable StackTraceElement closedAt;

  TensorOwner() {
    OPEN.incrementAndGet();
    if (TRACE) {
      PLACES.put(this, callSite());
    }
  }

  /** Number of scopes and shared scopes that are open in this process. */
  public static long openCount() {
    return OPEN.get();
  }

  /**
   * Where the open owners were opened; filled only when the system property {@code
   * holdfast.leakcheck} is true.
   */
  public static Map<TensorOwner, StackTraceElement> openPlaces() {
    return Map.copyOf(PLACES);
  }

  public final boolean isOpen() {
    return closedAt == null;
  }

  /** Marks this owner closed; false when it was closed before. */
  final boolean markClosed() {
    if (closedAt != null) {
      return false;
    }
    closedAt = callSite();
    OPEN.decrementAndGet();
    if (TRACE) {
      PLACES.remove(this);
    }
    return true;
  }

  final void requireOpen(String what) {
    StackTraceElement place = closedAt;
    if (place != null) {
      throw new IllegalStateException(what + " used after its scope was closed at " + place);
    }
  }

  /**
   * Called before each use of a tensor: fails when this owner is closed, and keeps the memory from
   * being freed while the innermost scope of the calling thread is open.
   */
  abstract void use(String what);

  /** A scope that used this owner's tensors was closed. */
  abstract void unpin();

  /** The nearest caller outside the owners themselves. */
  static StackTraceElement callSite() {
    return WALKER.walk(
        frames ->
            frames
                .filter(f -> !OWN_CLASSES.contains(f.getClassName()))
                .findFirst()
                .map(StackWalker.StackFrame::toStackTraceElement)
                .orElseGet(() -> new StackTraceElement("unknown", "unknown", null, -1)));
  }

  /** Closes this owner; closing twice does nothing. */
  @Override
  public abstract void close();
}
