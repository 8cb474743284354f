package io.holdfast.common;

import org.jspecify.annotations.Nullable;

/**
 * A run failed for a reason that the message states in plain words; the command line exits with 1.
 */
public class HoldfastException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HoldfastException(String message) {
    super(message);
  }

  public HoldfastException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
