package io.holdfast.train;

import io.holdfast.common.HoldfastException;

/** Training has come to numbers that are not finite; the last checkpoint stands. */
public final class DivergedException extends HoldfastException {
  private static final long serialVersionUID = 1;

  public DivergedException(String message) {
    super(message);
  }
}
