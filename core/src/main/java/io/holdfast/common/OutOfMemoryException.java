package io.holdfast.common;

import org.jspecify.annotations.Nullable;

/** The memory that a run may use is not enough for what it was about to do. */
public final class OutOfMemoryException extends HoldfastException {
  private static final long serialVersionUID = 1L;

  public OutOfMemoryException(String message) {
    super(message);
  }

  public OutOfMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
